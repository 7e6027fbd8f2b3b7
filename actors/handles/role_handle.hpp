#pragma once

#include "actors/internal_interfaces.hpp"

namespace nexus::llm {

/// What callers hold of a role: an actor that makes requests of its messages and passes them on to
/// whoever serves the roles now, who answers them. When told to finish, requests end with that
/// error until somebody else is there. It ends by `kill` alone.
using role_front = caf::typed_actor<sig<void, llm_service>,
                                    sig<void, finish_atom, LLMError>>::extend_with<role_handle>;

[[nodiscard]] role_front spawn_role_handle(caf::actor_system& system, AIRole role);

} // namespace nexus::llm
