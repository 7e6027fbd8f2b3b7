// SPDX-License-Identifier: BSD-3-Clause
#include "tests/reliability/mortal_components.hpp"

#include <stdexcept>

#include "actors/model_manager/model_manager_actor.hpp"
#include "actors/role/role_actor.hpp"
#include "actors/streaming/streaming_actor.hpp"
#include "actors/supervision/config_actor.hpp"
#include "actors/supervision/health_actor.hpp"
#include "nexus_llm/portability_actors.hpp"
#include "tests/reliability/mortal.hpp"

namespace nexus::llm::test {

std::shared_ptr<const ComponentFactories> mortal_components(
    const std::atomic<bool>* broken,
    std::function<void(const RequestId&, const RequestMachine::Event&)> before_event) {
  auto factories = std::make_shared<ComponentFactories>();
  factories->config = [](caf::actor_system& system, LLMClientConfig config,
                         std::shared_ptr<ConfigStore> store,
                         config_owner owner) -> settings_handle {
    return spawn_state<Mortal<ConfigActor>, caf::detached>(system, std::move(config),
                                                           std::move(store), std::move(owner));
  };
  factories->client = [](caf::actor_system& system, LLMClientConfig config,
                         TransportFactory make_transport,
                         client_owner owner) -> ollama_client_actor {
    return spawn_state<Mortal<OllamaClientActor>>(system, std::move(config),
                                                  std::move(make_transport), std::move(owner));
  };
  factories->streaming = [](caf::actor_system& system, Limits limits) -> streaming_actor {
    return spawn_state<Mortal<StreamingActor>>(system, limits);
  };
  factories->model_manager = [](caf::actor_system& system, LLMClientConfig config,
                                ollama_models_actor client,
                                settings_handle settings) -> model_manager_actor {
    return spawn_state<Mortal<ModelManagerActor>>(system, std::move(config), std::move(client),
                                                  std::move(settings));
  };
  factories->role = [broken](caf::actor_system& system, AIRole role, LLMClientConfig config,
                             std::vector<RequestId> expected) -> role_actor {
    if (broken != nullptr && *broken)
      throw std::runtime_error{"a component that cannot be made"};
    return spawn_state<Mortal<RoleActor>>(system, role, std::move(config), std::move(expected));
  };
  factories->health = [](caf::actor_system& system, std::shared_ptr<Figures> figures,
                         std::shared_ptr<EventSubscribers> subscribers) -> health_actor {
    return spawn_state<Mortal<HealthActor>>(system, std::move(figures), std::move(subscribers));
  };
  factories->request = [before_event](caf::actor_system& system,
                                      RequestParts parts) -> request_actor {
    if (before_event)
      parts.before_event = [before_event, id = parts.id](const RequestMachine::Event& event) {
        before_event(id, event);
      };
    return spawn_state<Mortal<RequestActor>>(system, std::move(parts));
  };
  return factories;
}

} // namespace nexus::llm::test
