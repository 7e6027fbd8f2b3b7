// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "nexus_llm/endpoint.hpp"
#include "nexus_llm/llm_handles.hpp"
#include "nexus_llm/node/network.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm {

/// How long requests wait while no node is connected before they fail.
inline constexpr std::chrono::milliseconds default_node_patience{30'000};

/// Client for the LLM integration of one or more other processes, with the same handles as
/// `LLMSystem`. The handles stay valid if a node or a connection fails and comes back. Pending
/// requests are sent again, except streams that have already delivered a chunk: these fail with
/// `node_lost`.
///
/// The configuration of the actor system must be prepared with `setup` and `load_network`. Destroy
/// this object before the actor system. Not thread-safe, but the handles may be used from any
/// thread.
class RemoteLLM {
public:
  /// Connects to the nodes. Blocks for up to twelve seconds, until one node is connected or all
  /// attempts have failed. Each request goes to the least loaded node that has the model.
  /// Errors: `connect_insecure` if a node is on another machine and the actor system has no
  /// certificates; `node_unreachable`, `node_distrusted`, `node_mismatch`; `invalid_argument` if
  /// `nodes` is empty.
  [[nodiscard]] static Result<std::unique_ptr<RemoteLLM>>
  connect(caf::actor_system& system, std::vector<Endpoint> nodes,
          std::chrono::milliseconds patience = default_node_patience);
  ~RemoteLLM();
  RemoteLLM(const RemoteLLM&) = delete;
  RemoteLLM& operator=(const RemoteLLM&) = delete;

  /// Returns the handle of a role.
  [[nodiscard]] const role_handle& role(AIRole role) const noexcept { return handles_.role(role); }
  /// Returns all handles.
  [[nodiscard]] const LLMHandles& handles() const noexcept { return handles_; }

  /// Returns the actor that manages the connections, for monitoring or terminating it.
  [[nodiscard]] const caf::strong_actor_ptr& root() const noexcept { return root_; }

private:
  RemoteLLM(caf::actor_system& system, LLMHandles handles, caf::strong_actor_ptr root)
      : system_{system}, handles_{std::move(handles)}, root_{std::move(root)} {}

  caf::actor_system& system_;
  LLMHandles handles_;
  caf::strong_actor_ptr root_;
};

/// Connects to a single node by host and port.
[[nodiscard]] inline Result<std::unique_ptr<RemoteLLM>>
connect(caf::actor_system& system, const std::string& host, std::uint16_t port) {
  return RemoteLLM::connect(system, {Endpoint{host, port}});
}

} // namespace nexus::llm
