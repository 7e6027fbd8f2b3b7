// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/access_check.hpp"

#include "runtime/simulator/model_name.hpp"

#include <arpa/inet.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <optional>

namespace nexus::llm::simulator {
namespace {

std::string without_port(std::string_view host) {
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    return std::string(host.substr(1, end == std::string_view::npos ? end : end - 1));
  }
  const auto colon = host.find(':');
  // More than one colon: an IPv6 address without brackets.
  if (colon == std::string_view::npos || host.find(':', colon + 1) != std::string_view::npos)
    return std::string(host);
  return std::string(host.substr(0, colon));
}

std::optional<bool> address_is_local(const std::string& host) {
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    const std::uint32_t address = ntohl(v4.s_addr);
    return address == 0 || address >> 24U == 127 || address >> 24U == 10 ||
           address >> 20U == 0xAC1 || address >> 16U == 0xC0A8;
  }
  in6_addr v6{};
  if (inet_pton(AF_INET6, host.c_str(), &v6) == 1) {
    return IN6_IS_ADDR_LOOPBACK(&v6) || IN6_IS_ADDR_UNSPECIFIED(&v6) ||
           (v6.s6_addr[0] & 0xFEU) == 0xFC;
  }
  return std::nullopt;
}

std::string machine_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? to_lower(name.data()) : std::string();
}

} // namespace

bool host_is_address(std::string_view host) {
  return address_is_local(without_port(host)).has_value();
}

bool host_allowed(std::string_view host) {
  const std::string name = to_lower(without_port(host));
  if (const auto local = address_is_local(name))
    return *local;
  return name.empty() || name == "localhost" || name == machine_name() ||
         name.ends_with(".localhost") || name.ends_with(".local") || name.ends_with(".internal");
}

OriginVerdict check_origin(const HttpRequest& request) {
  const std::string origin = request.header("origin");
  const std::string host = request.header("host");
  if (origin.empty() || origin == "http://" + host || origin == "https://" + host)
    return OriginVerdict::same_or_none;
  for (const std::string_view scheme :
       {"app://", "file://", "tauri://", "vscode-webview://", "vscode-file://"}) {
    if (origin.starts_with(scheme))
      return OriginVerdict::allowed;
  }
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!origin.starts_with(scheme))
      continue;
    const std::string_view rest = std::string_view(origin).substr(scheme.size());
    for (const std::string_view name : {"localhost", "127.0.0.1", "0.0.0.0"}) {
      if (rest == name || (rest.starts_with(name) && rest[name.size()] == ':'))
        return OriginVerdict::allowed;
    }
  }
  return OriginVerdict::refused;
}

} // namespace nexus::llm::simulator
