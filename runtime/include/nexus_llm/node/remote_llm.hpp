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

/// How long requests wait for a node that is gone before they fail.
inline constexpr std::chrono::milliseconds default_node_patience{30'000};

/// The LLM integration of one or more other processes: the same handles as `LLMSystem` has. They
/// stay usable when the node or the connection breaks and comes back: what was under way is sent
/// again, unless something of its stream had been passed on, which ends it with `node_lost`.
///
/// The configuration of the actor system was prepared with `setup` and `load_network`. Destroy it
/// before the actor system; use from one thread, the handles from anywhere.
class RemoteLLM {
public:
  /// Connects to the nodes, and waits until that is done with one, or has failed with all. Requests
  /// go to the one that has the model and the least to do. Blocks for up to twelve seconds.
  /// Errors: `connect_insecure` where a node on another machine is named and the actor system has
  /// no certificates, `node_unreachable`, `node_distrusted`, `node_mismatch`.
  [[nodiscard]] static Result<std::unique_ptr<RemoteLLM>>
  connect(caf::actor_system& system, std::vector<Endpoint> nodes,
          std::chrono::milliseconds patience = default_node_patience);
  ~RemoteLLM();
  RemoteLLM(const RemoteLLM&) = delete;
  RemoteLLM& operator=(const RemoteLLM&) = delete;

  [[nodiscard]] const role_handle& role(AIRole role) const noexcept { return handles_.role(role); }
  /// Everything else that an `LLMSystem` has.
  [[nodiscard]] const LLMHandles& handles() const noexcept { return handles_; }

  /// What stands for the node, to watch or to end it.
  [[nodiscard]] const caf::strong_actor_ptr& root() const noexcept { return root_; }

private:
  RemoteLLM(caf::actor_system& system, LLMHandles handles, caf::strong_actor_ptr root)
      : system_{system}, handles_{std::move(handles)}, root_{std::move(root)} {}

  caf::actor_system& system_;
  LLMHandles handles_;
  caf::strong_actor_ptr root_;
};

/// The same by host and port.
[[nodiscard]] inline Result<std::unique_ptr<RemoteLLM>>
connect(caf::actor_system& system, const std::string& host, std::uint16_t port) {
  return RemoteLLM::connect(system, {Endpoint{host, port}});
}

} // namespace nexus::llm
