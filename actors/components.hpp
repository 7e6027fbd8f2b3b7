#pragma once

#include "actors/internal_interfaces.hpp"
#include "actors/supervision/figures.hpp"
#include "nexus_llm/per_role.hpp"

namespace nexus::llm {

/// The components of a system at one time, with the settings in force. Every restart and every
/// change of the settings makes another one, which the supervisor tells to all who work with them.
/// Immutable but for the figures; any thread.
struct Components {
  /// A component and how often it was started; a later generation knows nothing of what an earlier
  /// one was asked.
  template <class Handle> struct Generation {
    Handle handle;
    std::uint64_t number = 0;
  };

  std::shared_ptr<const LLMClientConfig> config;
  std::shared_ptr<Figures> figures;
  Generation<ollama_client_actor> client;
  Generation<streaming_actor> streaming;
  Generation<model_manager_actor> models;
  Generation<health_actor> health;
  PerRole<Generation<role_actor>> roles;

  [[nodiscard]] const Generation<role_actor>& role(AIRole role) const { return roles[role]; }
};

} // namespace nexus::llm
