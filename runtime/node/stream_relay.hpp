#pragma once

#include <string>

#include "actors/internal_interfaces.hpp"
#include "runtime/node/gateway_interface.hpp"

namespace nexus::llm {

/// Stands in this process for a subscriber of a stream on a node. Passes on what comes and gives
/// credit back when the subscriber does, so that a slow subscriber costs one pending piece on the
/// node. Knows how much was passed on, and so can end the stream when the node is lost.
///
/// Tells its owner `release_atom(id)` once the subscriber has had its end, or has died, and ends
/// then. When it dies otherwise, the node sees a subscriber that died.
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
  RequestId key_; ///< by which the owner knows it
  stream_subscriber subscriber_;
  relay_owner owner_;
  Watcher watcher_;
  RequestId id_; ///< by which the subscriber knows the stream
  std::string text_;
  std::string thinking_;
  std::size_t tool_calls_ = 0;
  std::uint64_t next_seq_ = 0;
  bool ended_ = false;
};

/// `key` is how the owner knows it, `id` how the subscriber knows the stream.
[[nodiscard]] stream_relay spawn_stream_relay(caf::actor_system& system, RequestId key,
                                              RequestId id, stream_subscriber subscriber,
                                              relay_owner owner);

} // namespace nexus::llm
