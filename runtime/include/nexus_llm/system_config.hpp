// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <caf/actor_system_config.hpp>

namespace nexus::llm {

/// An actor system configuration for this library, with the message types (`setup`) and the
/// recommended scheduler options (`recommend`).
struct SystemConfig : caf::actor_system_config {
  SystemConfig();
};

} // namespace nexus::llm
