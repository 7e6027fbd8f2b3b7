// SPDX-License-Identifier: BSD-3-Clause
#include "config/local_address.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>

#include "config/text.hpp"

namespace nexus::llm {

namespace {

constexpr const char* hosts_file = "/etc/hosts";

std::string lower(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

struct InterfacesDeleter {
  void operator()(ifaddrs* list) const { ::freeifaddrs(list); }
};

/// An IPv4 or IPv6 address. An IPv4 address that is mapped to IPv6 counts as IPv4.
struct IpAddress {
  std::optional<in_addr> v4;
  std::optional<sockaddr_in6> v6;
};

IpAddress ip_address(const sockaddr& address, socklen_t size) {
  IpAddress result;
  if (address.sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    result.v4 = v4.sin_addr;
  } else if (address.sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
      std::memcpy(&result.v4.emplace(), &v6.sin6_addr.s6_addr[12], sizeof(in_addr));
    else
      result.v6 = v6;
  }
  return result;
}

bool is_loopback(const IpAddress& address) {
  if (address.v4)
    return (ntohl(address.v4->s_addr) >> 24) == 127;
  return address.v6 && IN6_IS_ADDR_LOOPBACK(&address.v6->sin6_addr);
}

bool same_address(const IpAddress& own, const IpAddress& asked) {
  if (own.v4 && asked.v4)
    return own.v4->s_addr == asked.v4->s_addr;
  if (!own.v6 || !asked.v6 || !IN6_ARE_ADDR_EQUAL(&own.v6->sin6_addr, &asked.v6->sin6_addr))
    return false;
  // The same link-local address may belong to another machine on another link.
  return !IN6_IS_ADDR_LINKLOCAL(&own.v6->sin6_addr) || asked.v6->sin6_scope_id == 0 ||
         own.v6->sin6_scope_id == asked.v6->sin6_scope_id;
}

bool is_own_host_name(std::string_view name) {
  std::array<char, 256> buffer{};
  if (::gethostname(buffer.data(), buffer.size() - 1) != 0 || buffer[0] == '\0')
    return false;
  // Only DNS knows the domain. The resolved address is checked when a socket is opened.
  const auto own = lower(buffer.data());
  return name.substr(0, name.find('.')) == own.substr(0, own.find('.'));
}

/// Returns the location of a name in the hosts file, or `nullopt` if it is not listed. A single
/// non-local address makes it `elsewhere`.
std::optional<HostPlace> place_in_hosts_file(std::string_view name) {
  std::ifstream file{hosts_file};
  std::optional<HostPlace> place;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words{line.substr(0, line.find('#'))};
    std::string address;
    words >> address;
    for (std::string word; words >> word;) {
      if (lower(word) != name)
        continue;
      const auto found = parse_numeric_address(address);
      if (!found || !is_local_address(found->socket_address(), found->size))
        return HostPlace::elsewhere;
      if (!is_loopback_address(found->socket_address(), found->size))
        place = HostPlace::local;
      else if (!place)
        place = HostPlace::loopback;
    }
  }
  return place;
}

std::uint32_t zone_index(const std::string& zone) {
  const auto index = number_in<std::uint32_t>(zone);
  return index ? *index : ::if_nametoindex(zone.c_str());
}

} // namespace

bool is_loopback_address(const sockaddr& address, socklen_t size) noexcept {
  return is_loopback(ip_address(address, size));
}

bool is_local_address(const sockaddr& address, socklen_t size) noexcept {
  const auto asked = ip_address(address, size);
  if (is_loopback(asked))
    return true;
  if (!asked.v4 && !asked.v6)
    return false;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0)
    return false;
  const std::unique_ptr<ifaddrs, InterfacesDeleter> list{first};
  for (const auto* entry = list.get(); entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr)
      continue;
    const socklen_t own_size =
        entry->ifa_addr->sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
    if (same_address(ip_address(*entry->ifa_addr, own_size), asked))
      return true;
  }
  return false;
}

std::optional<NumericAddress> parse_numeric_address(std::string_view text) {
  NumericAddress result;
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  auto set_v4 = [&](in_addr address) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_addr = address;
    std::memcpy(&result.storage, &v4, sizeof v4);
    result.size = sizeof v4;
    result.text = ::inet_ntop(AF_INET, &address, buffer.data(), buffer.size());
  };
  if (text.find(':') == std::string_view::npos) {
    // `inet_aton` accepts any text after white space.
    const bool plain = std::all_of(text.begin(), text.end(), [](unsigned char c) {
      return std::isxdigit(c) != 0 || c == '.' || c == 'x' || c == 'X';
    });
    in_addr v4{};
    if (!plain || ::inet_aton(std::string{text}.c_str(), &v4) == 0)
      return std::nullopt;
    set_v4(v4);
    return result;
  }
  const auto percent = text.find('%');
  in6_addr address{};
  if (::inet_pton(AF_INET6, std::string{text.substr(0, percent)}.c_str(), &address) != 1)
    return std::nullopt;
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    in_addr v4{};
    std::memcpy(&v4, &address.s6_addr[12], sizeof v4);
    set_v4(v4);
    return result;
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = address;
  result.text = ::inet_ntop(AF_INET6, &address, buffer.data(), buffer.size());
  if (percent != std::string_view::npos) {
    const std::string zone{text.substr(percent + 1)};
    v6.sin6_scope_id = zone_index(zone);
    result.text += "%" + zone;
  }
  std::memcpy(&result.storage, &v6, sizeof v6);
  result.size = sizeof v6;
  return result;
}

std::string canonical_host(std::string_view host) {
  auto name = lower(host);
  if (name.ends_with('.') && !name.ends_with(".."))
    name.pop_back();
  if (const auto address = parse_numeric_address(name))
    return address->text;
  for (const auto* alias : {"localhost.localdomain", "localhost4", "localhost4.localdomain4"})
    if (name == alias)
      return "localhost";
  for (const auto* alias :
       {"localhost6", "localhost6.localdomain6", "ip6-localhost", "ip6-loopback"})
    if (name == alias)
      return "::1";
  return name;
}

HostPlace place_of_host(std::string_view host) {
  const auto name = canonical_host(host);
  if (const auto address = parse_numeric_address(name)) {
    if (is_loopback_address(address->socket_address(), address->size))
      return HostPlace::loopback;
    return is_local_address(address->socket_address(), address->size) ? HostPlace::local
                                                                      : HostPlace::elsewhere;
  }
  if (name == "localhost" || name.ends_with(".localhost"))
    return HostPlace::loopback;
  if (const auto place = place_in_hosts_file(name))
    return *place;
  return is_own_host_name(name) ? HostPlace::local : HostPlace::elsewhere;
}

} // namespace nexus::llm
