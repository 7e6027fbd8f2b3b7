// SPDX-License-Identifier: BSD-3-Clause
#include "config/base_url.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <new>
#include <optional>

#include "config/authority.hpp"
#include "config/local_address.hpp"
#include "config/text.hpp"

namespace nexus::llm {

namespace {

constexpr std::uint16_t ollama_port = 11434;
constexpr std::string_view not_a_url = "must be a URL such as http://localhost:11434";

/// The reason why a base URL is invalid.
struct Fault {
  ErrorCode code = ErrorCode::config_value_invalid;
  std::string rule; ///< "must be ..."
};

tl::unexpected<Fault> fault(std::string_view rule) {
  return tl::unexpected{Fault{.rule = std::string{rule}}};
}

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlDeleter>;

struct TextDeleter {
  void operator()(char* text) const { curl_free(text); }
};

/// A part that is missing for a lack of memory is not one that the URL lacks.
CURLUcode with_memory(CURLUcode code) {
  if (code == CURLUE_OUT_OF_MEMORY)
    throw std::bad_alloc{};
  return code;
}

/// Returns a part of a URL, or `nullopt` if the URL lacks it.
std::optional<std::string> part_of(const Url& url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (with_memory(curl_url_get(url.get(), part, &text, flags)) != CURLUE_OK)
    return std::nullopt;
  const std::unique_ptr<char, TextDeleter> owner{text};
  return std::string{text};
}

std::uint16_t default_port(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

/// A URL with a scheme. `given` tells whether the input had one.
struct Schemed {
  std::string text;
  bool given = false;
};

Schemed with_scheme(std::string_view text) {
  if (text.find("://") != std::string_view::npos)
    return {std::string{text}, true};
  // A bare IPv6 address has no port.
  const auto host = text.substr(0, text.find('/'));
  if (!host.starts_with('[') && host.find(':') != host.rfind(':') && parse_numeric_address(host))
    return {"http://[" + std::string{host} + "]" + std::string{text.substr(host.size())}, false};
  return {"http://" + std::string{text}, false};
}

/// Returns whether libcurl can resolve this host: it has only characters of host names and
/// addresses. Only an IPv6 address has a zone.
bool is_host(std::string_view host) {
  const bool may_have_zone = host.find(':') != std::string_view::npos;
  return !host.empty() && std::all_of(host.begin(), host.end(), [may_have_zone](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.' || c == ':' || c == '_' ||
           (c == '%' && may_have_zone);
  });
}

std::string read_host(const Url& url) {
  auto host = part_of(url, CURLUPART_HOST).value_or("");
  if (host.starts_with('['))
    host = host.substr(1, host.size() - 2);
  if (const auto zone = part_of(url, CURLUPART_ZONEID); zone && host.find('%') == std::string::npos)
    host += "%" + *zone;
  host = canonical_host(host);
  if (host == "0.0.0.0")
    return "127.0.0.1";
  return host == "::" ? "::1" : host;
}

/// Returns the path prefix, without the `/api` that each request appends.
std::string read_path(const Url& url) {
  constexpr std::string_view api = "/api";
  auto path = part_of(url, CURLUPART_PATH).value_or("");
  const auto drop_slashes = [&path] { path.erase(path.find_last_not_of('/') + 1); };
  drop_slashes();
  if (path.ends_with(api)) {
    path.erase(path.size() - api.size());
    drop_slashes();
  }
  return path;
}

tl::expected<BaseUrl, Fault> read(std::string_view given) {
  const auto text = trim(given);
  const auto whole = with_scheme(text);
  const auto authority = std::string_view{whole.text}.substr(whole.text.find("://") + 3);
  if (authority.empty() || authority.front() == '/' ||
      std::any_of(text.begin(), text.end(), [](unsigned char c) { return std::iscntrl(c) != 0; }))
    return fault(not_a_url);
  const Url url{curl_url()};
  if (url == nullptr)
    throw std::bad_alloc{};
  const auto code = with_memory(curl_url_set(url.get(), CURLUPART_URL, whole.text.c_str(), 0));
  if (code == CURLUE_BAD_PORT_NUMBER)
    return fault("must have a port from 1 to 65535");
  if (code != CURLUE_OK)
    return fault(not_a_url);
  if (part_of(url, CURLUPART_USER) || part_of(url, CURLUPART_PASSWORD))
    return fault("must be without user name and password, which Ollama does not know");
  if (whole.text.find_first_of("?#") != std::string::npos)
    return fault("must be without query and fragment (what follows `?` or `#`)");
  BaseUrl result;
  result.scheme = part_of(url, CURLUPART_SCHEME).value_or("");
  if (result.scheme != "http" && result.scheme != "https")
    return fault("must begin with http:// or https://");
  result.host = read_host(url);
  if (!is_host(result.host))
    return fault(not_a_url);
  result.port = whole.given ? default_port(result.scheme) : ollama_port;
  if (const auto port = part_of(url, CURLUPART_PORT); port && !port->empty())
    result.port = number_in<std::uint16_t>(*port).value_or(0);
  if (result.port == 0)
    return fault("must have a port from 1 to 65535");
  result.path = read_path(url);
  if (place_of_host(result.host) == HostPlace::elsewhere)
    return tl::unexpected{Fault{.code = ErrorCode::address_not_local,
                                .rule = "must be the URL of an Ollama on this machine, such as "
                                        "http://localhost:11434"}};
  return result;
}

/// Returns whether a text may contain a password and must not appear in messages.
bool may_hold_password(std::string_view text) { return text.find('@') != std::string_view::npos; }

Result<BaseUrl> reported(tl::expected<BaseUrl, Fault> url, std::string_view text) {
  if (url)
    return std::move(*url);
  const auto& wrong = url.error();
  if (wrong.code == ErrorCode::address_not_local)
    return failure(wrong.code, std::string{text});
  const auto shown = may_hold_password(text) ? std::string{} : "`" + std::string{text} + "` ";
  return failure(wrong.code, "the base URL " + shown + wrong.rule);
}

bool is_port(std::string_view text) { return number_in<std::uint16_t>(text).value_or(0) != 0; }

} // namespace

std::string BaseUrl::text() const {
  auto shown = host;
  if (host.find(':') != std::string::npos) {
    if (const auto zone = host.find('%'); zone != std::string::npos)
      shown.replace(zone, 1, "%25");
    shown = "[" + shown + "]";
  }
  return scheme + "://" + shown + ":" + std::to_string(port) + path;
}

Result<BaseUrl> parse_base_url(std::string_view text) { return reported(read(text), text); }

std::string base_url_fault(std::string_view text) {
  const auto url = read(text);
  if (url)
    return {};
  return url.error().rule +
         (may_hold_password(text) ? std::string{} : ", not `" + std::string{text} + "`");
}

Result<BaseUrl> parse_ollama_host(std::string_view value, InvalidPort invalid) {
  auto text = trim(trim(trim(value), "\"'"));
  const auto separator = text.find("://");
  auto scheme = separator == std::string_view::npos ? std::string{}
                                                    : std::string{text.substr(0, separator + 3)};
  text.remove_prefix(scheme.size());
  const auto path = text.substr(std::min(text.find('/'), text.size()));
  auto authority = text.substr(0, text.size() - path.size());
  // Like Ollama, fall back to the default port if the given port is invalid.
  std::string port;
  if (const auto parts = may_hold_password(authority) ? std::nullopt : split_authority(authority);
      parts && parts->port) {
    if (is_port(*parts->port) || invalid == InvalidPort::is_error)
      port = ":" + std::string{*parts->port};
    authority.remove_suffix(parts->port->size() + 1);
  }
  return reported(read(scheme + std::string{authority.empty() ? "127.0.0.1" : authority} + port +
                       std::string{path}),
                  value);
}

} // namespace nexus::llm
