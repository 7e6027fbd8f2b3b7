// SPDX-License-Identifier: BSD-3-Clause
#include "nexus_llm/setup.hpp"

#include "actors/internal_interfaces.hpp"
#include "messages/portability_types.hpp"
#include "nexus_llm/system_config.hpp"

namespace nexus::llm {

void setup(caf::actor_system_config& config) {
  setup_messages(config);
  add_types<caf::id_block::nexus_llm_internal>(config);
  guard_types<caf::id_block::nexus_llm>(config);
  guard_types<caf::id_block::nexus_llm_internal>(config);
}

SystemConfig::SystemConfig() {
  setup(*this);
  recommend(*this);
}

} // namespace nexus::llm
