#pragma once

#include "runtime/node/gateway.hpp"

namespace nexus::llm {

/// Dials over CAF networking: connects, and asks the node who does what there.
/// Errors: `node_unreachable`, `node_distrusted`, `node_mismatch`.
[[nodiscard]] GatewayOptions::Dial network_dial();

} // namespace nexus::llm
