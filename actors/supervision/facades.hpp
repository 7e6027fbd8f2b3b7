#pragma once

#include "actors/internal_interfaces.hpp"
#include "actors/supervision/chance.hpp"

/// The actors whose handles callers hold. They stay while everything behind them may be restarted;
/// they heed no exit message but that of their master (the supervisor, or the way to another
/// process), and `kill`.
namespace nexus::llm {

/// The handle of a role. Keeps nothing: the service answers for every request. When told to finish,
/// requests end with that error.
using role_facade = caf::typed_actor<sig<void, finish_atom, LLMError>>::extend_with<role_actor>;
[[nodiscard]] role_facade spawn_role_facade(caf::actor_system& system, AIRole role,
                                            llm_service service);

/// The models, whichever OllamaClientActor answers. A call that a dead one left goes to its
/// successor; failures are passed on.
using ollama_models_facade =
    caf::typed_actor<sig<void, ollama_client_actor>>::extend_with<ollama_models_actor>;
[[nodiscard]] ollama_models_facade spawn_ollama_models_facade(caf::actor_system& system,
                                                              supervisor_actor supervisor);

/// The model manager, whichever ModelManagerActor answers. Failures that may pass are repeated.
/// When told to finish, calls end with that error until the next one comes.
using model_manager_facade = caf::typed_actor<
    sig<void, model_manager_actor>, sig<void, finish_atom, LLMError>,
    sig<void, tick_atom, std::uint64_t>,
    sig<void, update_config_atom, LLMClientConfig>>::extend_with<model_manager_actor>;
[[nodiscard]] model_manager_facade spawn_model_manager_facade(caf::actor_system& system,
                                                              const caf::strong_actor_ptr& master,
                                                              LLMClientConfig config,
                                                              Chance chance);

/// The settings, whichever ConfigActor answers; likewise.
using config_facade = caf::typed_actor<sig<void, config_actor>,
                                       sig<void, finish_atom, LLMError>>::extend_with<config_actor>;
[[nodiscard]] config_facade spawn_config_facade(caf::actor_system& system,
                                                const caf::strong_actor_ptr& master);

} // namespace nexus::llm
