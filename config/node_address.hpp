#pragma once

#include <cstdint>
#include <string>

#include "nexus_llm/endpoint.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm {

/// Where a node listens unless it is told otherwise; one above Ollama's own port.
inline constexpr std::uint16_t default_node_port = 11435;

/// Whether an address can be reached from this machine alone: `localhost`, 127.0.0.0/8, `::1`, in
/// any spelling. Other names may lead elsewhere.
[[nodiscard]] bool is_loopback(const std::string& host);

/// Reads `HOST:PORT`, `[V6]:PORT`, `HOST` or `:PORT`; what is left out is the default. The
/// host is as `canonical_host` writes it.
/// Errors: `invalid_argument`.
[[nodiscard]] Result<Endpoint> parse_endpoint(const std::string& text);

} // namespace nexus::llm
