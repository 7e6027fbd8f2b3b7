// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "actors/streaming/conflating_queue.hpp"

namespace nexus::llm {

/// One live stream: the text so far and the subscribers. Decides what to send to each subscriber
/// and when; its owner does the sending. Not thread-safe.
class StreamSession {
public:
  /// Identifies a subscriber.
  using Key = std::uint64_t;

  /// A message for a subscriber.
  struct Delivery {
    Key key = 0;
    std::variant<LLMStreamChunk, StreamError, RequestProgress> message;
    /// Unless 0, call `on_handled` with it once the subscriber has responded to the message.
    std::uint32_t acknowledges = 0;
  };
  using Deliveries = std::vector<Delivery>;

  StreamSession(std::uint32_t attempt, std::uint32_t window) : attempt_{attempt}, window_{window} {}

  /// Adds a subscriber; `id` is the request by which it knows the stream. A late subscriber gets
  /// the text so far as its first chunk, and the final chunk if the stream has finished.
  [[nodiscard]] Deliveries subscribe(Key key, RequestId id);
  void unsubscribe(Key key) { subscribers_.erase(key); }
  /// Removes a subscriber, and sends it the error unless it was sent its final message.
  [[nodiscard]] Deliveries dismiss(Key key, const LLMError& error);

  /// Takes chunks from Ollama. Chunks of another attempt are stale and ignored.
  [[nodiscard]] Deliveries on_chunks(std::uint32_t attempt, std::vector<LLMStreamChunk> pieces);
  /// A subscriber has handled so many chunks.
  [[nodiscard]] Deliveries on_handled(Key key, std::uint32_t chunks);
  /// Sends every subscriber the progress of the request.
  [[nodiscard]] Deliveries progress(const RequestProgress& progress) const;
  /// Begins a new attempt. Subscribers are told that what they saw is invalid if the session passed
  /// anything on or `void_seen` is set.
  [[nodiscard]] Deliveries restart(std::uint32_t attempt, bool void_seen, const LLMError& reason);
  /// Ends the stream with a response. For a subscriber that knows the stream by another id than
  /// `response.id`, the response is marked as shared.
  [[nodiscard]] Deliveries finish(const LLMResponse& response);
  /// Ends the stream with an error.
  [[nodiscard]] Deliveries fail(const LLMError& error);
  /// Sends the error at once, without waiting for credit, to every subscriber that was not sent its
  /// final message.
  [[nodiscard]] Deliveries close(const LLMError& error);

  [[nodiscard]] std::size_t subscriber_count() const noexcept { return subscribers_.size(); }
  /// The text so far.
  [[nodiscard]] const std::string& text() const noexcept { return so_far_.response; }
  /// Whether the session has passed on any chunk of the current attempt.
  [[nodiscard]] bool begun() const noexcept { return begun_; }
  [[nodiscard]] bool ended() const noexcept { return final_.has_value() || error_.has_value(); }
  /// Whether the stream has ended and every subscriber was sent its final message.
  [[nodiscard]] bool drained() const;

private:
  struct Subscriber {
    RequestId id;
    ConflatingQueue queue;
    bool end_sent = false;
  };
  using Subscribers = std::map<Key, Subscriber>;

  /// The error with the text so far, unless it holds a text already.
  [[nodiscard]] LLMError with_partial(LLMError error) const;
  void pass_on(Subscribers::value_type& entry, LLMStreamChunk piece, Deliveries& out) const;
  void flush(Key key, Subscriber& subscriber, Deliveries& out) const;
  [[nodiscard]] LLMResponse final_for(const Subscriber& subscriber) const;
  [[nodiscard]] LLMStreamChunk end_for(const Subscriber& subscriber) const;

  std::uint32_t attempt_;
  std::uint32_t window_;
  bool begun_ = false; ///< a chunk of this attempt had content
  LLMStreamChunk so_far_;
  std::optional<LLMResponse> final_;
  std::optional<LLMError> error_;
  Subscribers subscribers_;
};

} // namespace nexus::llm
