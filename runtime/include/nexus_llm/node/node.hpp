#pragma once

#include <memory>
#include <string>

#include "nexus_llm/endpoint.hpp"
#include "nexus_llm/llm_system.hpp"
#include "nexus_llm/node/network.hpp"

namespace nexus::llm {

/// Makes a running system reachable from other processes (see `RemoteLLM`). The configuration of
/// the actor system was prepared with `load_network`. Without certificates only addresses of this
/// machine are allowed. Destroy it before the system; use from one thread.
class Node {
public:
  /// Errors: `listen_insecure`, `listen_failed`.
  [[nodiscard]] static Result<std::unique_ptr<Node>>
  start(caf::actor_system& system, const LLMSystem& llm, const Endpoint& listen);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Where it listens; the port is the real one.
  [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }

private:
  Node(caf::actor_system& system, caf::strong_actor_ptr actor, Endpoint endpoint);

  caf::actor_system& system_;
  caf::strong_actor_ptr actor_;
  Endpoint endpoint_;
};

} // namespace nexus::llm
