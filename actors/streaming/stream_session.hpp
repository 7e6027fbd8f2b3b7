#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "actors/streaming/conflating_queue.hpp"

namespace nexus::llm {

/// One live stream: the text so far and who listens. Decides what each subscriber is told and
/// when; whoever owns it does the sending. One thread.
class StreamSession {
public:
  /// Names a subscriber.
  using Key = std::uint64_t;

  /// Something to send to a subscriber. A chunk has to be answered with `on_handled`.
  struct Delivery {
    Key key = 0;
    std::variant<LLMStreamChunk, StreamError, RequestProgress> message;
  };
  using Deliveries = std::vector<Delivery>;

  StreamSession(std::uint32_t attempt, std::uint32_t window) : attempt_{attempt}, window_{window} {}

  /// Adds a subscriber; `id` is the request that it knows the stream by. One that comes late gets
  /// the text so far as its first chunk, and the end if there was one.
  [[nodiscard]] Deliveries subscribe(Key key, RequestId id);
  void unsubscribe(Key key) { subscribers_.erase(key); }
  /// Removes a subscriber, and tells it why, unless it has had its end.
  [[nodiscard]] Deliveries dismiss(Key key, const LLMError& error);

  /// Pieces from the wire. Those of another attempt are stale and ignored.
  [[nodiscard]] Deliveries on_chunks(std::uint32_t attempt,
                                     const std::vector<LLMStreamChunk>& pieces);
  /// A subscriber has handled a chunk.
  [[nodiscard]] Deliveries on_handled(Key key);
  /// Tells every subscriber how the request fares.
  [[nodiscard]] Deliveries progress(const RequestProgress& progress) const;
  /// A new attempt begins. What was seen is void, if anything was or `void_seen` says so.
  [[nodiscard]] Deliveries restart(std::uint32_t attempt, bool void_seen, const LLMError& reason);
  /// The good end. A subscriber that knows the stream by another id than `response.id` shares it.
  [[nodiscard]] Deliveries finish(const LLMResponse& response);
  /// The bad end.
  [[nodiscard]] Deliveries fail(const LLMError& error);
  /// The end for everybody who has not had one, at once: nobody is left to wait for credit.
  [[nodiscard]] Deliveries close(const LLMError& error);

  [[nodiscard]] std::size_t subscriber_count() const noexcept { return subscribers_.size(); }
  /// The text so far.
  [[nodiscard]] const std::string& text() const noexcept { return so_far_.response; }
  /// Whether anything of the current attempt was passed on.
  [[nodiscard]] bool begun() const noexcept { return begun_; }
  [[nodiscard]] bool ended() const noexcept { return final_.has_value() || error_.has_value(); }
  /// Whether it ended and every subscriber has been sent its end.
  [[nodiscard]] bool drained() const;

private:
  struct Subscriber {
    RequestId id;
    ConflatingQueue queue;
    bool end_sent = false;
  };

  /// The error with the text so far, unless it has one of its own.
  [[nodiscard]] LLMError with_partial(LLMError error) const;
  void flush(Key key, Subscriber& subscriber, Deliveries& out) const;
  [[nodiscard]] LLMResponse final_for(const Subscriber& subscriber) const;
  [[nodiscard]] LLMStreamChunk end_for(const Subscriber& subscriber) const;

  std::uint32_t attempt_;
  std::uint32_t window_;
  bool begun_ = false; ///< something of this attempt was read
  LLMStreamChunk so_far_;
  std::optional<LLMResponse> final_;
  std::optional<LLMError> error_;
  std::map<Key, Subscriber> subscribers_;
};

} // namespace nexus::llm
