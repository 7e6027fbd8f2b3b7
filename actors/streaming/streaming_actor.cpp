// SPDX-License-Identifier: BSD-3-Clause
#include "actors/streaming/streaming_actor.hpp"

#include <algorithm>
#include <set>

namespace nexus::llm {

StreamingActor::StreamingActor(streaming_internal::pointer self, Limits limits)
    : self_{self}, limits_{limits} {
  watcher_.attach(self_);
  // On CAF 1.x, a subscriber that throws in the handler of a one-way message sends its error back.
  // Only its termination matters here.
  self_->set_error_handler([](const caf::error&) {});
}

streaming_internal::behavior_type StreamingActor::make_behavior() {
  return {
      [this](tick_atom) { on_tick(); },
      [this](finish_atom, const LLMError& reason) { close(reason); },
      [this](open_atom, const RequestId& run, std::uint32_t attempt,
             const caf::strong_actor_ptr& owner) {
        streams_.try_emplace(run, Stream{StreamSession{attempt, limits_.subscriber_window},
                                         caf::actor_cast<stream_owner>(owner),
                                         {}});
      },
      [this](subscribe_atom, const RequestId& run, const RequestId& id,
             const stream_subscriber& subscriber) { return subscribe(run, id, subscriber); },
      [this](unsubscribe_atom, const RequestId& run, const RequestId& id,
             const stream_subscriber& subscriber) {
        unsubscribe(run, id, subscriber, std::nullopt);
        return Ack{};
      },
      [this](unsubscribe_atom, const RequestId& run, const RequestId& id,
             const stream_subscriber& subscriber, LLMError& end) {
        unsubscribe(run, id, subscriber, std::move(end));
        return Ack{};
      },
      [this](const RequestId& run, const RequestProgress& progress) {
        change(run, [&progress](StreamSession& session) { return session.progress(progress); });
      },
      [this](seen_atom, const RequestId& run) {
        const auto entry = streams_.find(run);
        return entry != streams_.end() && entry->second.session.begun();
      },
      [this](partial_atom, const RequestId& run) {
        const auto entry = streams_.find(run);
        return entry != streams_.end() ? entry->second.session.text() : std::string{};
      },
      [this](restart_atom, const RequestId& run, std::uint32_t attempt, bool void_seen,
             const LLMError& reason) {
        change(run,
               [&](StreamSession& session) { return session.restart(attempt, void_seen, reason); });
      },
      [this](finish_atom, const RequestId& run, const LLMResponse& response) {
        change(run, [&response](StreamSession& session) { return session.finish(response); });
      },
      [this](finish_atom, const RequestId& run, const LLMError& error) {
        change(run, [&error](StreamSession& session) { return session.fail(error); });
      },
      [this](update_config_atom, const Limits& limits) {
        const bool sooner = limits.subscriber_timeout < limits_.subscriber_timeout;
        limits_ = limits;
        // Subscribers that exceed the new timeout must not wait until the old one expires.
        if (sooner)
          on_tick();
      },
      [this](StreamBatch& batch) {
        const auto entry = streams_.find(batch.id);
        if (entry == streams_.end())
          return;
        auto& [session, owner, subscribers] = entry->second;
        const bool begun = session.begun();
        auto deliveries = session.on_chunks(batch.attempt, std::move(batch.chunks));
        if (!begun && session.begun())
          tell(self_, owner, seen_atom_v, batch.id, batch.attempt);
        deliver(*entry, std::move(deliveries));
        settle(entry);
      },
  };
}

caf::typed_response_promise<Ack> StreamingActor::subscribe(const RequestId& run,
                                                           const RequestId& id,
                                                           const stream_subscriber& subscriber) {
  auto promise = self_->make_response_promise<Ack>();
  const auto entry = streams_.find(run);
  if (entry == streams_.end()) {
    promise.deliver(
        to_caf_error({.code = ErrorCode::unknown_request, .subject = "`" + id.value + "`"}));
    return promise;
  }
  auto& stream = entry->second;
  const bool known =
      std::any_of(stream.subscribers.begin(), stream.subscribers.end(), [&](const auto& other) {
        return other.second.handle == subscriber && other.second.id == id;
      });
  if (!known && stream.subscribers.size() >= limits_.max_subscribers) {
    promise.deliver(
        to_caf_error({.code = ErrorCode::too_many_subscribers, .subject = "`" + id.value + "`"}));
    return promise;
  }
  // Before its final message, which may follow at once.
  promise.deliver(Ack{});
  if (known)
    return promise;
  const auto key = ++last_key_;
  stream.subscribers.emplace(key, Listener{id, subscriber, 0, {}});
  listening_[caf::actor_cast<caf::actor_addr>(subscriber)].emplace(key, run);
  watcher_.watch(subscriber, [this, subscriber](const caf::error&) { on_down(subscriber); });
  deliver(*entry, stream.session.subscribe(key, id));
  settle(entry);
  return promise;
}

void StreamingActor::unsubscribe(const RequestId& run, const RequestId& id,
                                 const stream_subscriber& subscriber,
                                 const std::optional<LLMError>& end) {
  const auto entry = streams_.find(run);
  if (entry == streams_.end())
    return;
  for (const auto& [key, other] : entry->second.subscribers)
    if (other.handle == subscriber && other.id == id) {
      if (end)
        deliver(*entry, entry->second.session.dismiss(key, *end));
      drop(run, key);
      return;
    }
}

void StreamingActor::drop(const RequestId& run, StreamSession::Key key) {
  const auto entry = streams_.find(run);
  if (entry == streams_.end())
    return;
  auto& stream = entry->second;
  const auto node = stream.subscribers.extract(key);
  if (node.empty())
    return;
  const auto& listener = node.mapped();
  stream.session.unsubscribe(key);
  forget(listener.handle, key);
  tell(self_, stream.owner, release_atom_v, run, listener.id, listener.handle);
  if (stream.subscribers.empty() && !stream.session.ended())
    tell(self_, stream.owner, abandoned_atom_v, run);
  settle(entry);
}

void StreamingActor::deliver(Streams::value_type& entry, StreamSession::Deliveries deliveries) {
  const auto& run = entry.first;
  auto& stream = entry.second;
  for (auto& delivery : deliveries) {
    const auto found = stream.subscribers.find(delivery.key);
    if (found == stream.subscribers.end())
      continue;
    auto& listener = found->second;
    const auto& subscriber = listener.handle;
    if (auto* chunk = std::get_if<LLMStreamChunk>(&delivery.message)) {
      const auto key = delivery.key;
      const bool end = chunk->done;
      if (delivery.acknowledges == 0) {
        tell(self_, subscriber, std::move(*chunk));
        continue;
      }
      if (listener.unanswered++ == 0)
        listener.waiting_since = self_->clock().now();
      ask_watched(self_, subscriber, std::move(*chunk))
          .then([this, run, key, chunks = delivery.acknowledges] { on_handled(run, key, chunks); },
                [this, run, key](const caf::error&) { drop(run, key); });
      watch_subscribers();
      if (end)
        tell(self_, stream.owner, release_atom_v, run, listener.id, subscriber);
    } else if (auto* error = std::get_if<StreamError>(&delivery.message)) {
      tell(self_, subscriber, std::move(*error));
      tell(self_, stream.owner, release_atom_v, run, listener.id, subscriber);
    } else {
      tell(self_, subscriber, std::get<RequestProgress>(std::move(delivery.message)));
    }
  }
}

void StreamingActor::on_handled(const RequestId& run, StreamSession::Key key,
                                std::uint32_t chunks) {
  const auto entry = streams_.find(run);
  if (entry == streams_.end())
    return;
  const auto found = entry->second.subscribers.find(key);
  if (found == entry->second.subscribers.end())
    return;
  --found->second.unanswered;
  found->second.waiting_since = self_->clock().now();
  deliver(*entry, entry->second.session.on_handled(key, chunks));
  settle(entry);
}

void StreamingActor::close(const LLMError& reason) {
  // A subscriber of a request that follows another one is in two sessions, and gets one final
  // message.
  std::set<std::pair<RequestId, caf::actor_addr>> told;
  for (auto& entry : streams_) {
    auto& [session, owner, subscribers] = entry.second;
    auto deliveries = session.close(reason);
    std::erase_if(deliveries, [&, &listeners = subscribers](const auto& delivery) {
      const auto listener = listeners.find(delivery.key);
      return listener != listeners.end() &&
             !told.emplace(listener->second.id,
                           caf::actor_cast<caf::actor_addr>(listener->second.handle))
                  .second;
    });
    deliver(entry, std::move(deliveries));
  }
  self_->quit();
}

void StreamingActor::on_tick() {
  ticking_ = false;
  const auto limit = self_->clock().now() - limits_.subscriber_timeout;
  std::vector<std::pair<RequestId, StreamSession::Key>> stuck;
  for (const auto& [run, stream] : streams_)
    for (const auto& [key, listener] : stream.subscribers)
      if (listener.unanswered > 0 && listener.waiting_since <= limit)
        stuck.emplace_back(run, key);
  for (const auto& [run, key] : stuck) {
    const auto entry = streams_.find(run);
    if (entry == streams_.end() || !entry->second.subscribers.contains(key))
      continue;
    deliver(*entry, entry->second.session.dismiss(
                        key, {.code = ErrorCode::cancelled,
                              .detail = "the subscriber did not handle a chunk in time"}));
    drop(run, key);
  }
  if (!streams_.empty())
    watch_subscribers();
}

void StreamingActor::watch_subscribers() {
  if (ticking_)
    return;
  ticking_ = true;
  tell_after(self_, limits_.subscriber_timeout, streaming_internal{self_}, tick_atom_v);
}

void StreamingActor::on_down(const stream_subscriber& subscriber) {
  const auto entry = listening_.find(caf::actor_cast<caf::actor_addr>(subscriber));
  if (entry == listening_.end())
    return;
  const auto gone = entry->second;
  for (const auto& [key, run] : gone)
    drop(run, key);
}

void StreamingActor::forget(const stream_subscriber& subscriber, StreamSession::Key key) {
  const auto entry = listening_.find(caf::actor_cast<caf::actor_addr>(subscriber));
  if (entry == listening_.end())
    return;
  entry->second.erase(key);
  if (!entry->second.empty())
    return;
  listening_.erase(entry);
  watcher_.forget(subscriber);
}

void StreamingActor::settle(Streams::iterator entry) {
  if (!entry->second.session.drained())
    return;
  const auto node = streams_.extract(entry);
  for (const auto& [key, listener] : node.mapped().subscribers)
    forget(listener.handle, key);
  tell(self_, node.mapped().owner, release_atom_v, node.key());
}

template <class Change> void StreamingActor::change(const RequestId& run, Change change) {
  const auto entry = streams_.find(run);
  if (entry == streams_.end())
    return;
  deliver(*entry, change(entry->second.session));
  settle(entry);
}

streaming_actor spawn_streaming(caf::actor_system& system, Limits limits) {
  return spawn_state<StreamingActor>(system, limits);
}

} // namespace nexus::llm
