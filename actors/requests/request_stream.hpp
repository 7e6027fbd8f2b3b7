// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <vector>

#include "actors/components.hpp"
#include "actors/requests/orphaned_stream.hpp"

namespace nexus::llm {

/// The stream of one request, as seen by the request: its subscribers and the StreamingActor that
/// owns the session. Forwards events to the StreamingActor, and keeps what a successor must know.
/// Part of the state of an actor. Not thread-safe.
class RequestStream {
public:
  RequestStream(RequestId run, caf::strong_actor_ptr owner)
      : run_{std::move(run)}, owner_{std::move(owner)} {}

  /// Opens the stream with its first subscriber.
  void open(const Components::Generation<streaming_actor>& streaming, const RequestId& id,
            stream_subscriber subscriber);
  [[nodiscard]] bool is_open() const noexcept { return !listeners_.empty(); }
  /// Opens the stream again in a successor of its StreamingActor.
  void reopen(const Components::Generation<streaming_actor>& streaming, std::uint32_t attempt);
  [[nodiscard]] std::uint64_t generation() const noexcept { return streaming_.number; }
  [[nodiscard]] const streaming_actor& streaming() const noexcept { return streaming_.handle; }

  /// Adds the subscribers of another request that follows this one.
  void add_followers(const RequestId& id, const std::vector<stream_subscriber>& subscribers);
  /// Notes a subscriber that has joined; the StreamingActor knows it already.
  void note_joined(const RequestId& id, const stream_subscriber& subscriber);
  void leave(const RequestId& id, const stream_subscriber& subscriber);
  /// Ends the stream with this error for all subscribers that know it by this id.
  void end_for(const RequestId& id, const LLMError& error);
  /// Releases all subscribers of this id without a final message: another stream serves them.
  void hand_over(const RequestId& id);
  void hand_over_all();
  /// A subscriber was sent its final message, has unsubscribed, or is dead.
  void note_gone(const RequestId& id, const stream_subscriber& subscriber);
  /// The subscribers that wait for a final message; `error` is the default for it.
  [[nodiscard]] OrphanedStream orphaned(const LLMError& error) const;

  /// Whether a subscriber joined by itself, not with a request.
  [[nodiscard]] bool has_others() const;
  [[nodiscard]] bool all_left() const;
  [[nodiscard]] std::size_t size() const noexcept { return listeners_.size(); }
  [[nodiscard]] std::vector<stream_subscriber> listening() const;

private:
  /// A subscriber. The last one is kept as `left`, so that the stream is still ended and removed.
  struct Listener {
    RequestId id;
    stream_subscriber handle;
    bool late = false;                ///< joined by itself, not with a request
    bool left = false;                ///< is gone, or must not get a final message
    std::optional<LLMError> end = {}; ///< its final message, if it was sent one early
  };
  using Position = std::vector<Listener>::iterator;

  [[nodiscard]] Position find(const RequestId& id, const stream_subscriber& subscriber);
  void add(Listener listener);
  void let_go(Position listener);
  void subscribe(const Listener& listener) const;

  RequestId run_;
  caf::strong_actor_ptr owner_;
  Components::Generation<streaming_actor> streaming_;
  std::vector<Listener> listeners_;
};

} // namespace nexus::llm
