#include "runtime/setup.hpp"

#include "actors/internal_interfaces.hpp"

namespace nexus::llm {

void setup(caf::actor_system_config& config) {
  setup_messages(config);
  add_types<caf::id_block::nexus_llm_internal>(config);
}

} // namespace nexus::llm
