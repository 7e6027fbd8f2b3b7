// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "actors/supervision/child_set.hpp"
#include "actors/supervision/request_registry.hpp"
#include "nexus_llm/portability_actors.hpp"

namespace nexus::llm {

/// RetrySupervisor, the root of the supervision tree. Accepts the messages of `supervisor_actor`.
/// Owns the components: starts them, watches them, restarts them with growing delays when they
/// fail, and sends every live request the new components. Spawns one actor per request and maps ids
/// to live requests; everything else about a request is up to its actor.
///
/// When a component has used up its restarts, or the supervisor itself terminates, every request
/// fails with an error, and all components terminate. The handles of callers stay, and reply with
/// that error.
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
  /// Fails every request and ends all streams with this error.
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

/// Starts a supervisor and connects the handles to it.
[[nodiscard]] supervisor_actor spawn_supervisor(caf::actor_system& system, SupervisorParts parts,
                                                Handles handles);

} // namespace nexus::llm
