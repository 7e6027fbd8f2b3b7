// SPDX-License-Identifier: BSD-3-Clause
#include "actors/requests/request_stream.hpp"

#include <algorithm>

namespace nexus::llm {

void RequestStream::open(const Components::Generation<streaming_actor>& streaming,
                         const RequestId& id, stream_subscriber subscriber) {
  listeners_.push_back({.id = id, .handle = std::move(subscriber)});
  reopen(streaming, 1);
}

void RequestStream::reopen(const Components::Generation<streaming_actor>& streaming,
                           std::uint32_t attempt) {
  streaming_ = streaming;
  anon_tell(streaming_.handle, open_atom_v, run_, attempt, owner_);
  for (const auto& listener : listeners_) {
    if (listener.left)
      continue;
    subscribe(listener);
    if (listener.end)
      anon_tell(streaming_.handle, unsubscribe_atom_v, run_, listener.id, listener.handle,
                *listener.end);
  }
}

void RequestStream::subscribe(const Listener& listener) const {
  anon_tell(streaming_.handle, subscribe_atom_v, run_, listener.id, listener.handle);
}

void RequestStream::add_followers(const RequestId& id,
                                  const std::vector<stream_subscriber>& subscribers) {
  for (const auto& subscriber : subscribers) {
    const Listener listener{.id = id, .handle = subscriber};
    subscribe(listener);
    add(listener);
  }
}

void RequestStream::note_joined(const RequestId& id, const stream_subscriber& subscriber) {
  add({.id = id, .handle = subscriber, .late = true});
}

void RequestStream::leave(const RequestId& id, const stream_subscriber& subscriber) {
  const auto listener = find(id, subscriber);
  if (listener == listeners_.end())
    return;
  anon_tell(streaming_.handle, unsubscribe_atom_v, run_, id, subscriber);
  let_go(listener);
}

void RequestStream::end_for(const RequestId& id, const LLMError& error) {
  for (auto& listener : listeners_)
    if (listener.id == id && !listener.left) {
      listener.end = error;
      anon_tell(streaming_.handle, unsubscribe_atom_v, run_, id, listener.handle, error);
    }
}

void RequestStream::hand_over(const RequestId& id) {
  for (std::size_t index = listeners_.size(); index-- > 0;)
    if (const auto listener = listeners_[index]; listener.id == id && !listener.left) {
      anon_tell(streaming_.handle, unsubscribe_atom_v, run_, id, listener.handle);
      let_go(listeners_.begin() + static_cast<std::ptrdiff_t>(index));
    }
}

void RequestStream::hand_over_all() {
  for (auto& listener : listeners_)
    if (!std::exchange(listener.left, true))
      anon_tell(streaming_.handle, unsubscribe_atom_v, run_, listener.id, listener.handle);
}

void RequestStream::note_gone(const RequestId& id, const stream_subscriber& subscriber) {
  if (const auto listener = find(id, subscriber); listener != listeners_.end())
    let_go(listener);
}

OrphanedStream RequestStream::orphaned(const LLMError& error) const {
  OrphanedStream stream{.streaming = streaming_.handle, .run = run_, .listeners = {}};
  for (const auto& listener : listeners_)
    if (!listener.left)
      stream.listeners.push_back(
          {listener.handle, StreamError{listener.id, listener.end.value_or(error)}});
  return stream;
}

bool RequestStream::has_others() const {
  return std::ranges::any_of(
      listeners_, [](const Listener& listener) { return listener.late && !listener.left; });
}

bool RequestStream::all_left() const { return std::ranges::all_of(listeners_, &Listener::left); }

std::vector<stream_subscriber> RequestStream::listening() const {
  std::vector<stream_subscriber> subscribers;
  for (const auto& listener : listeners_)
    if (!listener.left && !listener.end)
      subscribers.push_back(listener.handle);
  return subscribers;
}

RequestStream::Position RequestStream::find(const RequestId& id,
                                            const stream_subscriber& subscriber) {
  return std::ranges::find_if(listeners_, [&](const Listener& listener) {
    return listener.id == id && listener.handle == subscriber;
  });
}

void RequestStream::add(Listener listener) {
  const auto known = find(listener.id, listener.handle);
  if (known == listeners_.end())
    listeners_.push_back(std::move(listener));
  else if (known->left)
    *known = std::move(listener);
}

void RequestStream::let_go(Position listener) {
  if (listeners_.size() > 1)
    listeners_.erase(listener);
  else
    listener->left = true;
}

} // namespace nexus::llm
