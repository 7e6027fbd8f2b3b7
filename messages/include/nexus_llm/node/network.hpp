// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <optional>

#include "nexus_llm/tls_files.hpp"

namespace caf {
class actor_system_config;
}

namespace nexus::llm {

/// Default limit for the size of a message from another process (`limits.maxMessageBytes`).
inline constexpr std::size_t default_max_message_bytes = 256u << 20;

/// Prepares a configuration for networking: plain TCP, or, with `tls`, only TLS with certificates
/// on both sides. Closes the connection to a peer after ten seconds of silence, or immediately if
/// it announces a message above the limit (CAF 0.17 only). The caller must check the files before:
/// CAF terminates the program if they are broken.
void load_network(caf::actor_system_config& config, const std::optional<TlsFiles>& tls,
                  std::size_t max_message_bytes = default_max_message_bytes);

} // namespace nexus::llm
