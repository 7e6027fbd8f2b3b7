#pragma once

#include "actors/supervision/child_set.hpp"
#include "actors/supervision/live_requests.hpp"

namespace nexus::llm {

/// RetrySupervisor, the root. Starts the components, watches them, and starts them again when they
/// fail, after growing waits; tells every live request of each successor. Makes an actor of each
/// request, and knows which live and by what ids; what becomes of a request is its own affair.
///
/// When a component has used up its restarts, or the supervisor itself ends, every request ends
/// with an error, and so do all components. The handles of callers stay, and say what happened.
class RetrySupervisor {
public:
  using Base = supervisor_internal::base;
  static constexpr const char* name = "RetrySupervisor";

  RetrySupervisor(supervisor_internal::pointer self, SupervisorParts parts, Handles handles);
  ~RetrySupervisor();

  [[nodiscard]] supervisor_internal::behavior_type make_behavior();

private:
  // Components.
  void start(std::size_t child);
  void on_failed(std::size_t child, const std::string& reason);
  void give_up(const std::string& component);
  /// Ends every request, and the streams.
  void end_requests(const LLMError& error);
  void tell_requests();
  void on_circuit(const CircuitHealth& circuit);
  void on_config(LLMClientConfig config);

  // Requests.
  /// Makes the actor of a request, to pass the message on to. The id is completed. Errors: those of
  /// `check_id`, and `invalid_argument` where the id is in use.
  [[nodiscard]] Result<request_actor> accept(AIRole role, RequestId& id);
  [[nodiscard]] Result<void> take_id(RequestId& id, const caf::strong_actor_ptr& requester);
  caf::result<BatchResponse> batch(AIRole role, std::vector<std::string>& prompts,
                                   GenerateOptions& options);
  caf::result<bool> cancel(const RequestId& id);
  /// Passes a message on to a request that may end before it comes.
  template <class T, class... Ts>
  caf::typed_response_promise<T> pass(const request_actor& request, Result<T> if_ended,
                                      Ts... message);
  void on_request_down(std::uint64_t number, const caf::error& reason);

  supervisor_internal::pointer self_;
  std::shared_ptr<const ComponentFactories> factories_;
  Chance chance_;
  Log log_;
  Handles handles_;
  Watcher watcher_;
  LiveRequests requests_;
  ChildSet children_;
  std::uint64_t last_number_ = 0;
  bool given_up_ = false;
  bool draining_ = false; ///< takes no more requests from other machines
};

/// Starts a supervisor, and connects the handles to it.
[[nodiscard]] supervisor_actor spawn_supervisor(caf::actor_system& system, SupervisorParts parts,
                                                Handles handles);

} // namespace nexus::llm
