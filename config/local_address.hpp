#pragma once

#include <sys/socket.h>

#include <optional>
#include <string>
#include <string_view>

namespace nexus::llm {

/// Whether a socket address can be reached from this machine alone: 127.0.0.0/8, ::1, or the former
/// mapped into IPv6. Thread-safe.
[[nodiscard]] bool is_loopback_address(const sockaddr& address, socklen_t size) noexcept;

/// Whether a socket address belongs to this machine: loopback, or the address of one of its network
/// interfaces at this moment. What is sent there does not leave the machine. Thread-safe.
[[nodiscard]] bool is_local_address(const sockaddr& address, socklen_t size) noexcept;

/// A numeric IP address with its socket form.
struct NumericAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  std::string text; ///< as `inet_ntop` writes it, with the zone where there is one; IPv4 if mapped

  [[nodiscard]] const sockaddr& socket_address() const noexcept {
    return reinterpret_cast<const sockaddr&>(storage);
  }
};

/// Reads an IPv4 address in any form that `inet_aton` takes (`127.1`, `0x7f000001`), or an IPv6
/// address, `%` and its zone included. Nothing for names, which are not looked up.
[[nodiscard]] std::optional<NumericAddress> parse_numeric_address(std::string_view text);

/// The one spelling of a host: lower case, no dot at its end, numeric addresses as `inet_ntop`
/// writes them, `localhost` and `::1` for the names that systems give them beside these.
[[nodiscard]] std::string canonical_host(std::string_view host);

/// What a host means.
enum class HostPlace {
  loopback, ///< reached from this machine alone
  local,    ///< this machine, by an address that others may reach too
  elsewhere,
};

/// Where a host is, by its address or its name. Names of this machine are `localhost` in its
/// spellings, names below it, the host name, and names to which `/etc/hosts` gives local addresses;
/// no name server is asked, so that nothing leaves the machine. Thread-safe.
[[nodiscard]] HostPlace place_of_host(std::string_view host);

} // namespace nexus::llm
