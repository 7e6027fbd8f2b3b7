#pragma once

#include <caf/actor_system_config.hpp>

namespace nexus::llm {

/// The configuration of an actor system for this library: it knows the message types (`setup`) and
/// has the scheduler options that suit it (`recommend`).
struct SystemConfig : caf::actor_system_config {
  SystemConfig();
};

} // namespace nexus::llm
