// SPDX-License-Identifier: BSD-3-Clause
#include "actors/supervision/component_factories.hpp"

#include "actors/model_manager/model_manager_actor.hpp"
#include "actors/role/role_actor.hpp"
#include "actors/streaming/streaming_actor.hpp"
#include "actors/supervision/config_actor.hpp"
#include "actors/supervision/health_actor.hpp"

namespace nexus::llm {

ComponentFactories::ComponentFactories()
    : config{spawn_config}, client{spawn_ollama_client}, streaming{spawn_streaming},
      model_manager{spawn_model_manager}, role{spawn_role}, health{spawn_health},
      request{spawn_request} {}

} // namespace nexus::llm
