// SPDX-License-Identifier: BSD-3-Clause
#include "actors/handles/handles.hpp"

#include "actors/components.hpp"
#include "actors/handles/stable_handle.hpp"
#include "actors/model_manager/model_manager_actor.hpp"
#include "actors/ollama_client/ollama_client_actor.hpp"
#include "actors/requests/retry_policy.hpp"
#include "actors/supervision/config_actor.hpp"
#include "actors/supervision/health_actor.hpp"
#include "nexus_llm/portability_actors.hpp"

namespace nexus::llm {

namespace {

template <class... Atoms, class Atom> constexpr bool is_one_of(Atom) {
  return (std::is_same_v<Atom, Atoms> || ...);
}

/// The common policy for messages about models.
struct AboutModels : HandlePolicy {
  // A repeated delete would also remove a model that was created in between.
  template <class Atom>
  static constexpr bool may_be_repeated = !std::is_same_v<Atom, delete_model_atom>;
  template <class Atom>
  static constexpr bool is_long = is_one_of<load_model_atom, pull_model_atom, push_model_atom,
                                            create_model_atom, upload_blob_atom>(Atom{});
  static constexpr bool has_cancel = true;

  using HandlePolicy::prepare;
  template <class Atom, class Request, class... Ts>
  requires requires(Request& request) { request.id; }
  [[nodiscard]] auto prepare(RequestId& id, Atom& atom, Request& request, Ts&... rest) const {
    if (request.id.value.empty())
      request.id = make_request_id();
    id = request.id;
    return std::make_tuple(atom, std::move(request), std::move(rest)...);
  }
};

/// The policy of the models handle that callers hold: retries transient failures.
class ModelsPolicy : public AboutModels {
public:
  ModelsPolicy(LLMClientConfig config, Chance chance)
      : config_{std::make_shared<const LLMClientConfig>(std::move(config))}, chance_{std::move(
                                                                                 chance)} {}

  using AboutModels::prepare;
  [[nodiscard]] auto prepare(RequestId& id, pull_model_atom atom, std::string& model,
                             pull_subscriber& subscriber) const {
    ModelTransfer request{.id = {}, .model = std::move(model)};
    return AboutModels::prepare(id, atom, request, subscriber);
  }

  [[nodiscard]] auto prepare(RequestId& id, load_model_atom atom, RequestId& wanted,
                             std::string& model, KeepAlive& keep_alive) const {
    id = wanted.value.empty() ? make_request_id() : std::move(wanted);
    return std::make_tuple(atom, id, std::move(model), std::move(keep_alive));
  }
  [[nodiscard]] auto prepare(RequestId& id, load_model_atom atom, std::string& model,
                             KeepAlive& keep_alive) const {
    return prepare(id, atom, id, model, keep_alive);
  }
  // The handle in front of the OllamaClientActor limits the concurrent calls.
  static constexpr std::size_t window = PendingCalls::Rules{}.max_calls;

  template <class Self, class Atom>
  [[nodiscard]] std::optional<LLMError> refusal(Self* self, Atom) const {
    if constexpr (std::is_same_v<Atom, upload_blob_atom>) {
      // The path would name a file of this machine, not of the machine of the caller.
      const auto sender = self->current_sender();
      if (sender && sender->node() != self->system().node())
        return LLMError{.code = ErrorCode::invalid_argument,
                        .subject = "a file can be given to the Ollama of its own machine only"};
    }
    return std::nullopt;
  }

  void take(const ComponentsPtr& components) {
    config_ = components->config;
    figures_ = components->figures;
    figures_->note(work_);
  }

  void on_begin() {
    ++work_.accepted;
    ++work_.in_flight;
    note();
  }
  void on_end(const LLMError* error) {
    --work_.in_flight;
    if (error == nullptr)
      ++work_.answered;
    else if (error->code == ErrorCode::cancelled)
      ++work_.cancelled;
    else
      ++work_.failed;
    note();
  }

  [[nodiscard]] std::optional<std::chrono::milliseconds> retry_wait(const LLMError& error,
                                                                    std::uint32_t failures) const {
    const auto decision =
        decide(error, {.attempts = failures, .on_this_model = failures, .once_failures = failures},
               *config_, chance_.wait());
    if (decision.next != RetryDecision::Next::retry)
      return std::nullopt;
    return decision.wait;
  }

private:
  void note() const {
    if (figures_)
      figures_->note(work_);
  }

  std::shared_ptr<const LLMClientConfig> config_;
  Chance chance_;
  std::shared_ptr<Figures> figures_; ///< null if the models are those of nodes
  ModelWork work_;
};

template <class Interface, class Policy = HandlePolicy>
auto spawn_handle(caf::actor_system& system, std::string subject, std::string served_by,
                  Policy policy = {}) {
  return spawn_state<StableHandle<Interface, Policy>>(system, std::move(subject),
                                                      std::move(served_by), std::move(policy));
}

} // namespace

stable_handle<models_handle> spawn_models_handle(caf::actor_system& system, LLMClientConfig config,
                                                 Chance chance) {
  return spawn_handle<models_handle>(system, "the models", ModelManagerActor::name,
                                     ModelsPolicy{std::move(config), std::move(chance)});
}

stable_handle<settings_handle> spawn_config_handle(caf::actor_system& system) {
  return spawn_handle<settings_handle>(system, "the settings", ConfigActor::name);
}

Handles spawn_handles(caf::actor_system& system, const LLMClientConfig& config,
                      const Chance& chance) {
  Handles handles;
  for (const auto role : all_roles())
    handles.roles[role] = spawn_role_handle(system, role);
  handles.models = spawn_models_handle(system, config, chance);
  handles.config = spawn_config_handle(system);
  handles.health =
      spawn_handle<health_handle>(system, "the state of the system", HealthActor::name);
  handles.ollama =
      spawn_handle<ollama_models_actor>(system, "Ollama", OllamaClientActor::name, AboutModels{});
  return handles;
}

void connect_roles(const Handles& handles, const llm_service& service) {
  for (const auto& role : handles.roles)
    anon_tell(role, service);
}

void expect_components(const Handles& handles) {
  anon_tell(handles.models, models_handle{});
  anon_tell(handles.config, settings_handle{});
  anon_tell(handles.health, health_handle{});
  anon_tell(handles.ollama, ollama_models_actor{});
}

void finish_handles(const Handles& handles, const LLMError& error) {
  for (const auto& role : handles.roles)
    anon_tell(role, finish_atom_v, error);
  anon_tell(handles.models, finish_atom_v, error);
  anon_tell(handles.config, finish_atom_v, error);
  anon_tell(handles.health, finish_atom_v, error);
  anon_tell(handles.ollama, finish_atom_v, error);
}

void end_handles(const Handles& handles) {
  for (const auto& role : handles.roles)
    anon_exit(role, caf::exit_reason::kill);
  anon_exit(handles.models, caf::exit_reason::kill);
  anon_exit(handles.config, caf::exit_reason::kill);
  anon_exit(handles.health, caf::exit_reason::kill);
  anon_exit(handles.ollama, caf::exit_reason::kill);
}

} // namespace nexus::llm
