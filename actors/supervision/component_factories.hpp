// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <memory>

#include "actors/internal_interfaces.hpp"
#include "actors/ollama_client/ollama_client_actor.hpp"
#include "actors/requests/request_actor.hpp"
#include "actors/supervision/event_subscribers.hpp"
#include "nexus_llm/config_store.hpp"

namespace nexus::llm {

/// The factories of components and requests, which the supervisor uses for the first start and
/// every restart. Tests replace the defaults.
struct ComponentFactories {
  ComponentFactories();

  std::function<settings_handle(caf::actor_system&, LLMClientConfig, std::shared_ptr<ConfigStore>,
                                config_owner)>
      config;
  std::function<ollama_client_actor(caf::actor_system&, LLMClientConfig, TransportFactory,
                                    client_owner)>
      client;
  std::function<streaming_actor(caf::actor_system&, Limits)> streaming;
  std::function<model_manager_actor(caf::actor_system&, LLMClientConfig, ollama_models_actor,
                                    settings_handle)>
      model_manager;
  std::function<role_actor(caf::actor_system&, AIRole, LLMClientConfig, std::vector<RequestId>)>
      role;
  std::function<health_actor(caf::actor_system&, std::shared_ptr<Figures>,
                             std::shared_ptr<EventSubscribers>)>
      health;
  std::function<request_actor(caf::actor_system&, RequestParts)> request;
};

} // namespace nexus::llm
