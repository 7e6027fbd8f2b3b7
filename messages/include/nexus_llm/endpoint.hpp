// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

namespace nexus::llm {

/// The network address of a process.
struct Endpoint {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;

  /// Returns `host:port`, with brackets around an IPv6 address.
  [[nodiscard]] std::string text() const {
    const bool v6 = host.find(':') != std::string::npos;
    return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
  }
  bool operator==(const Endpoint&) const = default;
};

} // namespace nexus::llm
