#pragma once

#include "actors/supervision/child_set.hpp"
#include "actors/supervision/request_registry.hpp"

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
  void start(std::size_t child);
  void on_failed(std::size_t child, const std::string& reason);
  void give_up(const std::string& component);
  /// Ends every request, and the streams.
  void end_requests(const LLMError& error);
  void on_circuit(const CircuitHealth& circuit);
  void on_config(LLMClientConfig config);

  supervisor_internal::pointer self_;
  Log log_;
  Handles handles_;
  Watcher watcher_;
  ChildSet children_;
  RequestRegistry requests_;
  bool given_up_ = false;
};

/// Starts a supervisor, and connects the handles to it.
[[nodiscard]] supervisor_actor spawn_supervisor(caf::actor_system& system, SupervisorParts parts,
                                                Handles handles);

} // namespace nexus::llm
