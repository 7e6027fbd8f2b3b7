// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <caf/fwd.hpp>

namespace nexus::llm {

/// Registers all message types of this library with a configuration. Call it before constructing an
/// actor system that uses them. Without it, `LLMSystem::start` fails with `not_set_up`.
void setup(caf::actor_system_config& config);

} // namespace nexus::llm
