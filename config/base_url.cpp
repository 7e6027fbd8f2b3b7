#include "config/base_url.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace nexus::llm {

namespace {

std::string lower(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::string_view trim(std::string_view text, std::string_view what) {
  const auto begin = text.find_first_not_of(what);
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(what) - begin + 1);
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (failed != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return port;
}

struct HostPort {
  std::string_view host;
  std::optional<std::string_view> port;
};

/// Splits `host:port`, `[v6]:port` and bare IPv6 addresses.
std::optional<HostPort> split_host_port(std::string_view text) {
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos)
      return std::nullopt;
    const auto rest = text.substr(close + 1);
    if (!rest.empty() && rest.front() != ':')
      return std::nullopt;
    return HostPort{text.substr(1, close - 1),
                    rest.empty() ? std::nullopt : std::optional{rest.substr(1)}};
  }
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || text.find(':') != colon)
    return HostPort{text, std::nullopt};
  return HostPort{text.substr(0, colon), text.substr(colon + 1)};
}

auto not_a_url(std::string_view text) {
  return failure(ErrorCode::config_value_invalid,
                 "the base URL `" + std::string{text} +
                     "` is not a URL such as http://localhost:11434");
}

auto not_local(std::string_view host) {
  return failure(ErrorCode::address_not_local, std::string{host});
}

bool is_host_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == ':' ||
         c == '_' || c == '%';
}

bool is_path_character(char c) {
  return std::isgraph(static_cast<unsigned char>(c)) && c != '?' && c != '#' && c != '\\';
}

} // namespace

std::string BaseUrl::text() const {
  const bool v6 = host.find(':') != std::string::npos;
  return scheme + "://" + (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port) + path;
}

bool is_loopback_host(std::string_view host) {
  auto name = lower(host);
  if (name.ends_with('.'))
    name.pop_back();
  if (name == "localhost" || name.ends_with(".localhost"))
    return true;
  in_addr v4{};
  if (inet_pton(AF_INET, name.c_str(), &v4) == 1)
    return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  if (inet_pton(AF_INET6, name.c_str(), &v6) == 1)
    return IN6_IS_ADDR_LOOPBACK(&v6);
  return false;
}

Result<BaseUrl> parse_base_url(std::string_view text) {
  const auto separator = text.find("://");
  if (separator == std::string_view::npos)
    return not_a_url(text);
  BaseUrl url;
  url.scheme = lower(text.substr(0, separator));
  if (url.scheme != "http" && url.scheme != "https")
    return not_a_url(text);
  auto rest = text.substr(separator + 3);
  const auto slash = rest.find('/');
  auto path = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash);
  while (path.ends_with('/'))
    path.remove_suffix(1);
  const auto parts = split_host_port(rest.substr(0, slash));
  if (!parts || parts->host.empty() ||
      !std::all_of(parts->host.begin(), parts->host.end(), is_host_character) ||
      !std::all_of(path.begin(), path.end(), is_path_character))
    return not_a_url(text);
  url.port = url.scheme == "https" ? 443 : 80;
  if (parts->port) {
    const auto port = parse_port(*parts->port);
    if (!port || *port == 0)
      return not_a_url(text);
    url.port = *port;
  }
  url.host = std::string{parts->host};
  url.path = std::string{path};
  if (!is_loopback_host(url.host))
    return not_local(text);
  return url;
}

Result<BaseUrl> parse_ollama_host(std::string_view value) {
  constexpr std::uint16_t ollama_port = 11434;
  auto text = trim(trim(value, " \t\r\n"), "\"'");
  BaseUrl url{.scheme = "http", .host = "127.0.0.1", .port = ollama_port, .path = {}};
  if (const auto separator = text.find("://"); separator != std::string_view::npos) {
    url.scheme = lower(text.substr(0, separator));
    if (url.scheme != "http" && url.scheme != "https")
      return not_a_url(value);
    url.port = url.scheme == "https" ? 443 : 80;
    text.remove_prefix(separator + 3);
  }
  const auto default_port = url.port;
  const auto slash = text.find('/');
  auto path = slash == std::string_view::npos ? std::string_view{} : text.substr(slash);
  while (path.ends_with('/'))
    path.remove_suffix(1);
  url.path = std::string{path};
  const auto parts = split_host_port(text.substr(0, slash));
  if (!parts || !std::all_of(parts->host.begin(), parts->host.end(), is_host_character) ||
      !std::all_of(path.begin(), path.end(), is_path_character))
    return not_a_url(value);
  if (!parts->host.empty())
    url.host = std::string{parts->host};
  // Ollama itself falls back to the default port when the given one is out of range.
  if (parts->port)
    url.port = parse_port(*parts->port).value_or(default_port);
  if (url.host == "0.0.0.0")
    url.host = "127.0.0.1";
  if (url.host == "::")
    url.host = "::1";
  if (!is_loopback_host(url.host))
    return not_local(value);
  return url;
}

} // namespace nexus::llm
