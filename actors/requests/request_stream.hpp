#pragma once

#include <optional>
#include <vector>

#include "actors/components.hpp"
#include "actors/requests/orphaned_stream.hpp"

namespace nexus::llm {

/// The stream of one request, as the request sees it: who listens, and the StreamingActor that has
/// it. Tells the StreamingActor what happens, and remembers what a successor must be told. Lives in
/// the state of an actor.
class RequestStream {
public:
  RequestStream(RequestId run, caf::strong_actor_ptr owner)
      : run_{std::move(run)}, owner_{std::move(owner)} {}

  /// Opens it, with its first subscriber.
  void open(const Components::Generation<streaming_actor>& streaming, const RequestId& id,
            stream_subscriber subscriber);
  [[nodiscard]] bool is_open() const noexcept { return !listeners_.empty(); }
  /// Opens it anew in a successor of the StreamingActor that had it.
  void reopen(const Components::Generation<streaming_actor>& streaming, std::uint32_t attempt);
  [[nodiscard]] std::uint64_t generation() const noexcept { return streaming_.number; }
  [[nodiscard]] const streaming_actor& streaming() const noexcept { return streaming_.handle; }

  /// Adds those of another request that shares this one.
  void add_followers(const RequestId& id, const std::vector<stream_subscriber>& subscribers);
  /// Somebody has joined; the StreamingActor knows already.
  void note_joined(const RequestId& id, const stream_subscriber& subscriber);
  void leave(const RequestId& id, const stream_subscriber& subscriber);
  /// Ends it for all who know it by this id, but for no other.
  void end_for(const RequestId& id, const LLMError& error);
  /// Lets all of this id go without an end: they are served by another stream.
  void hand_over(const RequestId& id);
  void hand_over_all();
  /// A subscriber has been sent its end, has left, or is dead.
  void note_gone(const RequestId& id, const stream_subscriber& subscriber);
  /// Those who are owed an end, and what it is where nothing else was said.
  [[nodiscard]] OrphanedStream orphaned(const LLMError& error) const;

  /// Whether somebody listens who came by itself, not with a request.
  [[nodiscard]] bool has_others() const;
  [[nodiscard]] bool all_left() const;
  [[nodiscard]] std::size_t size() const noexcept { return listeners_.size(); }
  [[nodiscard]] std::vector<stream_subscriber> listening() const;

private:
  /// The last one stays noted, so that the end of the stream is told and cleared away.
  struct Listener {
    RequestId id;
    stream_subscriber handle;
    bool late = false;                ///< joined by itself, not with a request
    bool left = false;                ///< is gone, or wants no end
    std::optional<LLMError> end = {}; ///< what it is to be told at once as its end
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
