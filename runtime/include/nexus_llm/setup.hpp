#pragma once

#include <caf/fwd.hpp>

namespace nexus::llm {

/// Makes a configuration know all message types of this library. Call it on the configuration of
/// every actor system that uses them, before the system is made; without it CAF fails in obscure
/// ways.
void setup(caf::actor_system_config& config);

} // namespace nexus::llm
