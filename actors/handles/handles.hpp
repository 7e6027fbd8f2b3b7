#pragma once

#include "actors/handles/role_handle.hpp"
#include "actors/handles/stable_handle_interface.hpp"
#include "actors/supervision/chance.hpp"
#include "nexus_llm/per_role.hpp"

/// What callers hold of a system, and what its own actors hold of Ollama.
namespace nexus::llm {

/// The actors in front of the components. They outlive every component and the supervisor.
struct Handles {
  PerRole<role_front> roles;
  stable_handle<models_handle> models;
  stable_handle<settings_handle> config;
  stable_handle<health_handle> health;
  stable_handle<ollama_models_actor> ollama;
};

[[nodiscard]] stable_handle<models_handle>
spawn_models_handle(caf::actor_system& system, LLMClientConfig config, Chance chance);
[[nodiscard]] stable_handle<settings_handle> spawn_config_handle(caf::actor_system& system);

[[nodiscard]] Handles spawn_handles(caf::actor_system& system, const LLMClientConfig& config,
                                    const Chance& chance);

/// Calls wait for their components, which are to come.
void expect_components(const Handles& handles);
/// The roles are served by this one from now on.
void connect_roles(const Handles& handles, const llm_service& service);
/// Calls end with this error until the next component is there.
void finish_handles(const Handles& handles, const LLMError& error);
/// Ends them.
void end_handles(const Handles& handles);

} // namespace nexus::llm
