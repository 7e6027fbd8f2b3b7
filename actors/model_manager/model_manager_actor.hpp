// SPDX-License-Identifier: BSD-3-Clause
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

/// ModelManagerActor (requirements F1, F2). Accepts the messages of `model_manager_actor`. Owns the
/// catalogue of installed models, knows the model of each role, and forwards management requests to
/// Ollama. Concurrent checks share one `/api/tags` request. Rejects models that run on another
/// machine unless the settings allow them. Unloads a hanging model at most once per `timeout`,
/// however many requests report it. When it dies, waiting callers get `component_failed`; its
/// successor starts from the settings and reads the list when needed.
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
  /// Called with whether the list could be read, and whether it was read for this call.
  using Waiter = std::function<void(const Result<void>& listed, bool just_read)>;

  using LookedUp = std::function<void(std::optional<LLMError> trouble)>;

  void take(LLMClientConfig config);
  /// Marks the list as outdated, including one that is being read.
  void forget_list();
  /// Sends the catalogue to the RoleActors, so that most requests need no query; null if it is
  /// outdated.
  void publish();

  Promise<ResolvedModel> resolve(AIRole role, const std::string& wanted,
                                 const std::vector<std::string>& excluded, bool refresh);
  /// Replies if no model of the list could be chosen.
  void conclude(std::shared_ptr<GuardedAnswer<ResolvedModel>> answer, const ModelChoice& choice,
                LLMError error);
  /// Looks up models that Ollama does not list, one after the other, until one is found. Calls
  /// `then` with the error that prevented a look-up, if any.
  void look_up(std::vector<std::string> models, LookedUp then,
               std::optional<LLMError> trouble = {});
  Promise<bool> heal(const ResolvedModel& model);
  Promise<Ack> load(const RequestId& id, const std::string& model, const KeepAlive& keep_alive);
  Promise<bool> check(const std::string& model);
  Promise<ModelList> list();
  Promise<ModelConfig> set_model(AIRole role, const std::string& model);

  /// Forwards a request that may change the list of models to Ollama.
  template <class... Ts> Promise<Ack> change_models(Ts... request);
  template <class T, class... Ts> Promise<T> pass(Ts... request);

  /// Calls `waiter` once the list is fresh or could not be read.
  void with_list(bool refresh, Waiter waiter);
  void on_list(Result<ModelList> list);

  model_manager_actor::pointer self_;
  LLMClientConfig config_;
  ollama_models_actor client_;
  settings_handle settings_;
  ModelCatalogue catalogue_;
  ComponentsPtr components_; ///< whose RoleActors get the catalogue
  std::vector<Waiter> waiting_;
  bool list_outdated_ = false; ///< the list that is being read is outdated already
  /// When each model was last healed; entries expire after `timeout`.
  std::unordered_map<std::string, std::chrono::steady_clock::time_point> healed_at_;
};

[[nodiscard]] model_manager_actor spawn_model_manager(caf::actor_system& system,
                                                      LLMClientConfig config,
                                                      ollama_models_actor client,
                                                      settings_handle settings);

} // namespace nexus::llm
