// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>

#include "nexus_llm/endpoint.hpp"
#include "nexus_llm/llm_system.hpp"
#include "nexus_llm/node/network.hpp"

namespace nexus::llm {

/// Makes a running system available to other processes (see `RemoteLLM`). The configuration of the
/// actor system must be prepared with `load_network`. Without certificates, the node may only
/// listen on loopback addresses. Destroy it before the system. Not thread-safe.
class Node {
public:
  /// Opens the port and publishes the system.
  /// Errors: `listen_insecure`, `listen_failed`.
  [[nodiscard]] static Result<std::unique_ptr<Node>>
  start(caf::actor_system& system, const LLMSystem& llm, const Endpoint& listen);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Returns the address of the open port, with the actual port number if `listen` had port 0.
  [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }

private:
  Node(caf::actor_system& system, caf::strong_actor_ptr actor, Endpoint endpoint);

  caf::actor_system& system_;
  caf::strong_actor_ptr actor_;
  Endpoint endpoint_;
};

} // namespace nexus::llm
