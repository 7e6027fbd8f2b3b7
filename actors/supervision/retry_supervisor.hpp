#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/guarded_answer.hpp"
#include "actors/internal_interfaces.hpp"
#include "actors/log.hpp"
#include "actors/supervision/chance.hpp"
#include "actors/supervision/component_factories.hpp"
#include "actors/supervision/facades.hpp"
#include "actors/supervision/prompt_audit.hpp"
#include "actors/supervision/relay.hpp"
#include "actors/supervision/restart_budget.hpp"
#include "actors/supervision/run.hpp"
#include "config/config_store.hpp"

namespace nexus::llm {

/// What the supervisor is made from.
struct SupervisorParts {
  LLMClientConfig config;
  std::shared_ptr<ConfigStore> store;
  TransportFactory make_transport;
  std::shared_ptr<const ComponentFactories> factories = std::make_shared<ComponentFactories>();
  Chance chance = {};
  Log log = {};
};

/// The actors in front of the components. They stay until the supervisor ends. Where it has given
/// up, they stay and say so, until `end_facades`.
struct Facades {
  std::array<role_facade, all_roles.size()> roles;
  ollama_models_facade ollama_models;
  model_manager_facade models;
  config_facade config;
};

/// Ends the actors in front of the components.
void end_facades(const Facades& facades);

/// RetrySupervisor, the root (specification, "Error Handling and Retry"). Owns all components, the
/// budgets of their restarts, and every accepted request until its one answer.
///
/// A request becomes a run: it waits for its RoleActor to admit it, has its model resolved by the
/// ModelManagerActor, and is sent by the OllamaClientActor; a failed attempt is repeated, goes to a
/// fallback model, or ends the run, as the error table says. Chunks travel from the client to the
/// StreamingActor without passing through here.
///
/// A component that dies is started again at once, and what it left is done again: its end, not the
/// error that a request to it may come back with, is what counts. When one fails more often than
/// its budget allows, or the supervisor itself ends, every waiting caller gets an error and all
/// components end. A model that is loaded but gives no byte to anybody within the budget of a
/// request is unloaded, since it may hang.
class RetrySupervisor {
public:
  using Base = supervisor_internal::base;
  static constexpr const char* name = "RetrySupervisor";

  RetrySupervisor(supervisor_internal::pointer self, SupervisorParts parts,
                  std::shared_ptr<Facades> facades);
  ~RetrySupervisor();

  [[nodiscard]] supervisor_internal::behavior_type make_behavior();

private:
  template <class T> using Promise = caf::typed_response_promise<T>;
  /// How often one request may lose the component that works on it.
  static constexpr std::uint32_t max_component_failures = 3;
  using Time = std::chrono::steady_clock::time_point;
  using Millis = std::chrono::milliseconds;

  /// A supervised component.
  struct Component {
    std::string name;
    std::string_view actor_name;
    std::function<caf::strong_actor_ptr()> start; ///< makes it and takes its handle
    caf::strong_actor_ptr actor;
    RestartBudget budget;
    std::uint64_t restarts = 0; ///< also tells its generations apart
    std::string last_failure;
  };
  enum ComponentIndex : std::size_t {
    config_component,
    client_component,
    streaming_component,
    models_component,
    first_role_component
  };

  // Components (retry_supervisor.cpp).
  void begin();
  void define_components();
  void start(std::size_t index);
  void on_component_down(std::size_t index, const caf::error& reason);
  /// Does again what a component left; every answer that it gave has been heard by now.
  void on_component_replaced(std::size_t index);
  void give_up(const std::string& component);
  /// Tells a RoleActor of the runs that hold one of its places.
  void adopt_runs(AIRole role);
  void bound_embeddings();
  void on_circuit(const CircuitHealth& circuit);
  void on_config(LLMClientConfig config);
  Promise<Health> health();
  Promise<RoleStats> stats(AIRole role);
  void after(Millis wait, std::function<void()> job);

  // Callers (callers.cpp).
  caf::result<EmbedResponse> embed(AIRole role, EmbedRequest request);
  /// Whether a request may have this id. One that its remote requester sends again is taken back.
  [[nodiscard]] bool is_free(const RequestId& id, const caf::strong_actor_ptr& requester);
  caf::result<BatchResponse> batch(AIRole role, std::vector<std::string> prompts,
                                   GenerateOptions options);
  bool cancel(const RequestId& id);
  bool cancel_one(const RequestId& id);
  Promise<QueuePosition> position(const RequestId& id);
  void ask_position(const RequestId& id, std::shared_ptr<GuardedAnswer<QueuePosition>> answer,
                    std::uint32_t tries);
  Promise<Ack> subscribe(const RequestId& id, const stream_subscriber& subscriber);
  void join_stream(const RequestId& id, const stream_subscriber& subscriber,
                   std::shared_ptr<GuardedAnswer<Ack>> answer, std::uint32_t tries);
  Promise<Ack> unsubscribe(const RequestId& id, const stream_subscriber& subscriber);
  void watch_requester(const caf::strong_actor_ptr& requester);
  void forget_requester(const caf::strong_actor_ptr& requester);
  /// Ends a run without requesters, unless somebody joined its stream.
  void cancel_if_unwanted(Run& run);
  void on_requester_down(const caf::actor_addr& requester);
  void remove_member(Run& run, std::size_t index);
  void open_stream(Run& run);
  void on_abandoned(const RequestId& run);
  static void add_listener(Run& run, Run::Listener listener);
  static void let_go(std::vector<Run::Listener>& listeners,
                     std::vector<Run::Listener>::iterator listener);
  void on_listener_released(const RequestId& run, const RequestId& id,
                            const stream_subscriber& subscriber);
  /// Tells the end to subscribers whom no StreamingActor will tell it.
  void end_streams_directly();
  void on_stream_released(const RequestId& run);
  void on_streaming_replaced();

  // The journey of a request (runs.cpp).
  Promise<LLMResponse> submit(AIRole role, LLMRequest request, stream_subscriber subscriber);

  void admit(Run& run, bool again = false);
  void on_admission(Run& run, Admission admission);
  void join(Run& run, const RequestId& leader);
  void resolve(Run& run);
  void send(Run& run);
  /// Tells the subscribers of a stream that waits whether its model is being loaded, until it is.
  void probe_loading(Run& run, bool told);
  /// An answer came. Whether its prompt was cut may have to be found out first.
  void on_answer(Run& run, LLMResponse response);
  void succeed(Run& run, LLMResponse response);
  void fail(Run& run, LLMError error);
  void finish(Run& run);
  /// The step that waits for the reply of a component.
  std::uint64_t begin_step(Run& run, Run::Stage stage, std::size_t component);
  [[nodiscard]] Run* find_run(const RequestId& request);
  /// The run, unless it has moved on since `step`.
  [[nodiscard]] Run* at_step(const RequestId& run, std::uint64_t step);
  /// The same for the reply of a component, which is not waited for any more then.
  [[nodiscard]] Run* take_reply(const RequestId& run, std::uint64_t step);

  // What follows a failed attempt (failed_attempts.cpp).
  void attempt_failed(Run& run, LLMError error);
  void decide_after_failure(Run& run, LLMError error, bool seen);
  void try_again(Run& run, std::chrono::milliseconds wait);
  /// Unloads the model of a run that got no byte, unless that was just done; then calls back.
  void heal(Run& run, std::function<void()> then);
  /// The component that the run waits for has ended.
  void on_orphaned(Run& run);
  [[nodiscard]] bool more_models(const Run& run) const;

  [[nodiscard]] Time now() const { return self_->clock().now(); }
  [[nodiscard]] RoleStats& stats_of(AIRole role) { return stats_[index_of(role)]; }
  [[nodiscard]] const Component& role_component(AIRole role) const {
    return components_[first_role_component + index_of(role)];
  }
  [[nodiscard]] role_worker& worker_of(AIRole role) { return roles_[index_of(role)]; }

  supervisor_internal::pointer self_;
  LLMClientConfig config_;
  std::shared_ptr<ConfigStore> store_;
  TransportFactory make_transport_;
  std::shared_ptr<const ComponentFactories> factories_;
  Chance chance_;
  Log log_;
  std::shared_ptr<Facades> facades_; ///< filled in before the message that begins all
  Watcher watcher_;

  ollama_client_actor client_;
  streaming_actor streaming_;
  model_manager_worker models_;
  config_actor config_child_;
  std::array<role_worker, all_roles.size()> roles_;
  std::vector<Component> components_;

  std::unordered_map<RequestId, Run> runs_;
  std::unordered_map<RequestId, RequestId> run_of_request_;
  std::unordered_map<caf::actor_addr, std::size_t> requesters_; ///< and their number of members
  std::array<RoleStats, all_roles.size()> stats_{};
  std::uint64_t last_run_ = 0;
  std::uint64_t last_step_ = 0;
  std::unordered_map<std::uint64_t, std::function<void()>> jobs_;
  std::uint64_t last_job_ = 0;
  std::unordered_map<std::string, Time> healed_at_; ///< by model, for as long as that matters
  std::unordered_map<RequestId, caf::weak_actor_ptr> batches_;
  bool streaming_alive_ = false;
  std::optional<Time> circuit_opened_at_; ///< while nothing is sent to Ollama
  PromptAudit audit_;
  bool overloaded_ = false; ///< told the log so
  bool giving_up_ = false;
  Relay<ollama_client_actor> embeddings_;
};

/// A running supervisor and what callers need of it.
struct Supervision {
  supervisor_actor root;
  Facades facades;
};
[[nodiscard]] Supervision spawn_supervisor(caf::actor_system& system, SupervisorParts parts);

} // namespace nexus::llm
