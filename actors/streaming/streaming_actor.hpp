// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <unordered_map>

#include "actors/internal_interfaces.hpp"
#include "actors/streaming/stream_session.hpp"
#include "nexus_llm/portability_actors.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm {

/// StreamingActor (requirements F4, P5). Accepts the messages of `streaming_actor`. Owns one
/// session per live stream: the text so far, the subscribers, and their credit. Sends each
/// subscriber consecutive chunks and exactly one final message, and drops subscribers that die or
/// do not handle a chunk in time. When it dies, each request opens its stream again in the
/// successor. On shutdown, it sends every subscriber its final message and terminates.
class StreamingActor {
public:
  using Base = streaming_internal::base;
  static constexpr const char* name = "StreamingActor";

  StreamingActor(streaming_internal::pointer self, Limits limits);

  [[nodiscard]] streaming_internal::behavior_type make_behavior();

private:
  using Time = std::chrono::steady_clock::time_point;

  struct Listener {
    RequestId id;
    stream_subscriber handle;
    std::uint32_t unanswered = 0; ///< chunks that it must respond to and has not
    Time waiting_since;           ///< when it last responded, or was sent the first of these
  };

  struct Stream {
    StreamSession session;
    stream_owner owner;
    std::map<StreamSession::Key, Listener> subscribers;
  };
  using Streams = std::unordered_map<RequestId, Stream>;

  caf::typed_response_promise<Ack> subscribe(const RequestId& run, const RequestId& id,
                                             const stream_subscriber& subscriber);
  /// Removes a subscriber; sends it `end` as its final message if there is one.
  void unsubscribe(const RequestId& run, const RequestId& id, const stream_subscriber& subscriber,
                   const std::optional<LLMError>& end);
  void drop(const RequestId& run, StreamSession::Key key);
  void deliver(Streams::value_type& entry, StreamSession::Deliveries deliveries);
  void on_handled(const RequestId& run, StreamSession::Key key, std::uint32_t chunks);
  /// Ends all streams and terminates, since the system shuts down.
  void close(const LLMError& reason);
  void on_down(const stream_subscriber& subscriber);
  /// Drops the subscribers that have not handled a chunk in time.
  void on_tick();
  void watch_subscribers();
  /// A subscriber no longer listens with this key.
  void forget(const stream_subscriber& subscriber, StreamSession::Key key);
  /// Removes the stream if it has ended and every subscriber was sent its final message.
  void settle(Streams::iterator entry);

  template <class Change> void change(const RequestId& run, Change change);

  streaming_internal::pointer self_;
  Limits limits_;
  Watcher watcher_;
  Streams streams_;
  /// The keys of each subscriber, and their streams.
  std::unordered_map<caf::actor_addr, std::map<StreamSession::Key, RequestId>> listening_;
  StreamSession::Key last_key_ = 0;
  bool ticking_ = false;
};

[[nodiscard]] streaming_actor spawn_streaming(caf::actor_system& system, Limits limits);

} // namespace nexus::llm
