// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "runtime/node/gateway.hpp"

namespace nexus::llm {

/// Returns a dialer that connects over CAF networking and requests the `NodeHello` of the node.
/// Errors: `node_unreachable`, `node_distrusted`, `node_mismatch`.
[[nodiscard]] GatewayOptions::Dial network_dial();

} // namespace nexus::llm
