#pragma once

#include <sys/socket.h>

namespace nexus::llm {

/// Whether a socket address is on this machine: 127.0.0.0/8, ::1, or the former mapped into IPv6.
[[nodiscard]] bool is_loopback_address(const sockaddr& address, socklen_t size) noexcept;

} // namespace nexus::llm
