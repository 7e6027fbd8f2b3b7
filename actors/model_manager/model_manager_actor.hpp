#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/guarded_answer.hpp"
#include "actors/internal_interfaces.hpp"
#include "actors/model_manager/choose_model.hpp"
#include "actors/model_manager/model_catalogue.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm {

/// ModelManagerActor (requirements F1, F2). Owns the catalogue of installed models and
/// knows which model serves which role. Checks that wait for the list share one `/api/tags`. When
/// it dies, whoever waits gets `component_failed`; its successor starts from the settings and reads
/// the list when it is needed. A model that runs on another machine is refused unless the settings
/// allow it. A model that hangs is unloaded once within `timeout`, however many requests say so.
class ModelManagerActor {
public:
  using Base = model_manager_actor::base;
  static constexpr const char* name = "ModelManagerActor";

  ModelManagerActor(model_manager_actor::pointer self, LLMClientConfig config,
                    ollama_models_actor client, settings_handle settings);
  ~ModelManagerActor();

  [[nodiscard]] model_manager_actor::behavior_type make_behavior();

private:
  template <class T> using Promise = caf::typed_response_promise<T>;
  /// Hears whether the list could be read, and whether that happened for it.
  using Waiter = std::function<void(const Result<void>& listed, bool just_read)>;

  using LookedUp = std::function<void(std::optional<LLMError> trouble)>;

  void take(LLMClientConfig config);
  /// The list is not to be believed any more, nor the one that is being asked for.
  void forget_list();
  /// Tells the RoleActors what is known of the installed models, which spares most requests a
  /// question.
  void publish();

  Promise<ResolvedModel> resolve(AIRole role, const std::string& wanted,
                                 const std::vector<std::string>& excluded, bool refresh);
  /// Answers where no model of the list could be chosen.
  void conclude(std::shared_ptr<GuardedAnswer<ResolvedModel>> answer, const ModelChoice& choice,
                LLMError error);
  /// Asks Ollama for models that it does not list, one after the other, until one is there.
  /// `then` hears what kept one of them from being looked up, if anything did.
  void look_up(std::vector<std::string> models, LookedUp then,
               std::optional<LLMError> trouble = {});
  Promise<bool> heal(const ResolvedModel& model);
  Promise<Ack> load(const RequestId& id, const std::string& model, const KeepAlive& keep_alive);
  Promise<bool> check(const std::string& model);
  Promise<ModelList> list();
  Promise<ModelConfig> set_model(AIRole role, const std::string& model);

  /// Passes a request on to Ollama; the list of models may be another one afterwards.
  template <class... Ts> Promise<Ack> change_models(Ts... request);
  template <class T, class... Ts> Promise<T> pass(Ts... request);

  /// Calls back when the list is fresh, or could not be read.
  void with_list(bool refresh, Waiter waiter);
  void on_list(Result<ModelList> list);

  model_manager_actor::pointer self_;
  LLMClientConfig config_;
  ollama_models_actor client_;
  settings_handle settings_;
  ModelCatalogue catalogue_;
  ComponentsPtr components_; ///< whom to tell of it
  std::vector<Waiter> waiting_;
  bool list_outdated_ = false; ///< the list that is asked for says how things were
  /// By model, for as long as that matters.
  std::unordered_map<std::string, std::chrono::steady_clock::time_point> healed_at_;
};

[[nodiscard]] model_manager_actor spawn_model_manager(caf::actor_system& system,
                                                      LLMClientConfig config,
                                                      ollama_models_actor client,
                                                      settings_handle settings);

} // namespace nexus::llm
