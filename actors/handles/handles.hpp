// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "actors/handles/role_handle.hpp"
#include "actors/handles/stable_handle_interface.hpp"
#include "actors/supervision/chance.hpp"
#include "nexus_llm/per_role.hpp"

/// The stable handles of a system: those that callers hold, and the one through which its own
/// actors reach Ollama.
namespace nexus::llm {

/// The actors in front of the components. They outlive all components and the supervisor.
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

/// From now on, calls wait for their components, which are about to start.
void expect_components(const Handles& handles);
/// From now on, `service` serves the roles.
void connect_roles(const Handles& handles, const llm_service& service);
/// From now on, calls fail with this error until the next component is connected.
void finish_handles(const Handles& handles, const LLMError& error);
/// Terminates the handles.
void end_handles(const Handles& handles);

} // namespace nexus::llm
