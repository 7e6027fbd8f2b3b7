// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/socket.h>

#include <optional>
#include <string>
#include <string_view>

namespace nexus::llm {

/// Returns whether a socket address is reachable only from this machine: 127.0.0.0/8, its mapping
/// to IPv6, or ::1. Thread-safe.
[[nodiscard]] bool is_loopback_address(const sockaddr& address, socklen_t size) noexcept;

/// Returns whether a socket address belongs to this machine: a loopback address, or a current
/// address of one of its network interfaces. Data sent there does not leave the machine.
/// Thread-safe.
[[nodiscard]] bool is_local_address(const sockaddr& address, socklen_t size) noexcept;

/// A numeric IP address as socket address and as text.
struct NumericAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  std::string text; ///< in the form of `inet_ntop`, plus the zone, if any; IPv4 if mapped

  [[nodiscard]] const sockaddr& socket_address() const noexcept {
    return reinterpret_cast<const sockaddr&>(storage);
  }
};

/// Parses an IPv4 address in any form that `inet_aton` accepts (`127.1`, `0x7f000001`), or an IPv6
/// address with an optional `%` and zone. Returns `nullopt` for host names.
[[nodiscard]] std::optional<NumericAddress> parse_numeric_address(std::string_view text);

/// Returns the canonical form of a host: lower case, no trailing dot, numeric addresses in the form
/// of `inet_ntop`, and `localhost` or `::1` for their usual aliases.
[[nodiscard]] std::string canonical_host(std::string_view host);

/// The location of a host.
enum class HostPlace {
  loopback, ///< reachable only from this machine
  local,    ///< this machine, by an address that other machines may reach
  elsewhere,
};

/// Returns the location of a host, given by address or name. Names of this machine are `localhost`
/// and its aliases, names below `localhost`, the host name, and names that `/etc/hosts` maps to
/// local addresses. Sends no DNS queries, so that no data leaves the machine. Thread-safe.
[[nodiscard]] HostPlace place_of_host(std::string_view host);

} // namespace nexus::llm
