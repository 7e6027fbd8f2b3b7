// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "actors/internal_interfaces.hpp"
#include "actors/supervision/event_subscribers.hpp"
#include "actors/supervision/figures.hpp"
#include "nexus_llm/per_role.hpp"

namespace nexus::llm {

/// A snapshot of the components of a system and the settings in force. Each restart and each change
/// of the settings makes a new snapshot, which the supervisor sends to all actors that use the
/// components. Immutable except for the figures; thread-safe.
struct Components {
  /// A component and how often it was started. A later generation does not know the requests to an
  /// earlier one.
  template <class Handle> struct Generation {
    Handle handle;
    std::uint64_t number = 0;
  };

  std::shared_ptr<const LLMClientConfig> config;
  std::shared_ptr<Figures> figures;
  std::shared_ptr<EventSubscribers> event_subscribers; ///< for the HealthActor only
  Generation<ollama_client_actor> client;
  Generation<streaming_actor> streaming;
  Generation<model_manager_actor> models;
  Generation<health_actor> health;
  PerRole<Generation<role_actor>> roles;

  [[nodiscard]] const Generation<role_actor>& role(AIRole role) const { return roles[role]; }
};

} // namespace nexus::llm
