#pragma once

#include <cstddef>
#include <optional>

#include "nexus_llm/tls_files.hpp"

namespace caf {
class actor_system_config;
}

namespace nexus::llm {

/// The largest message that is taken from another process (`limits.maxMessageBytes`).
inline constexpr std::size_t default_max_message_bytes = 256u << 20;

/// Prepares a configuration for talking to other processes: plain TCP, or, with files, nothing but
/// TLS with certificates of both sides. Peers that fall silent are given up after ten seconds,
/// those that announce a larger message at once. The files must have been checked: CAF ends the
/// program over broken ones.
void load_network(caf::actor_system_config& config, const std::optional<TlsFiles>& tls,
                  std::size_t max_message_bytes = default_max_message_bytes);

} // namespace nexus::llm
