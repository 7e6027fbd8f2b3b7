// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

#include "nexus_llm/endpoint.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm {

/// Default port of a node; one above the port of Ollama.
inline constexpr std::uint16_t default_node_port = 11435;

/// Returns whether a host is reachable only from this machine: `localhost`, 127.0.0.0/8 or `::1`,
/// in any spelling.
[[nodiscard]] bool is_loopback(const std::string& host);

/// Parses `HOST:PORT`, `[V6]:PORT`, `HOST` or `:PORT`, with defaults for missing parts. The host is
/// in the form of `canonical_host`. Errors: `invalid_argument`.
[[nodiscard]] Result<Endpoint> parse_endpoint(const std::string& text);

} // namespace nexus::llm
