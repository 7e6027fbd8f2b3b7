// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "actors/internal_interfaces.hpp"

namespace nexus::llm {

/// The stable handle of a role. Makes requests of its messages and forwards them to the service
/// that serves the roles now, which answers them. After `finish_atom`, requests fail with that
/// error until another service is connected. Terminates on `kill` only.
using role_front = caf::typed_actor<sig<void, llm_service>,
                                    sig<void, finish_atom, LLMError>>::extend_with<role_handle>;

[[nodiscard]] role_front spawn_role_handle(caf::actor_system& system, AIRole role);

} // namespace nexus::llm
