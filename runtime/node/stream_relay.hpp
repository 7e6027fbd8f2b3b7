// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "actors/internal_interfaces.hpp"
#include "nexus_llm/portability_actors.hpp"
#include "runtime/node/gateway_interface.hpp"

namespace nexus::llm {

/// Represents a local subscriber to a stream of a node. Forwards the stream and returns credit when
/// the subscriber does, so that a slow subscriber costs one pending chunk on the node. Tracks how
/// much it has forwarded, so that it can end the stream if the node is lost.
///
/// Sends `release_atom(key)` to its owner and terminates once the subscriber has received the end
/// of the stream or has died. If the relay dies for another reason, the node treats that as the
/// death of a subscriber.
class StreamRelay {
public:
  using Base = stream_relay::base;
  static constexpr const char* name = "StreamRelay";

  StreamRelay(stream_relay::pointer self, RequestId key, RequestId id, stream_subscriber subscriber,
              relay_owner owner);

  [[nodiscard]] stream_relay::behavior_type make_behavior();

private:
  caf::result<void> pass_on(LLMStreamChunk chunk);
  void finish(const LLMResponse& response);
  void fail(StreamError error);
  void end();

  stream_relay::pointer self_;
  RequestId key_; ///< identifies the relay to its owner
  stream_subscriber subscriber_;
  relay_owner owner_;
  Watcher watcher_;
  RequestId id_; ///< identifies the stream to the subscriber
  std::string text_;
  std::string thinking_;
  std::size_t tool_calls_ = 0;
  std::uint64_t next_seq_ = 0;
  bool ended_ = false;
};

/// `key` identifies the relay to its owner, `id` identifies the stream to the subscriber.
[[nodiscard]] stream_relay spawn_stream_relay(caf::actor_system& system, RequestId key,
                                              RequestId id, stream_subscriber subscriber,
                                              relay_owner owner);

} // namespace nexus::llm
