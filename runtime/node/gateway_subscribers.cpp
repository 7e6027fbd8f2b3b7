// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>

#include "actors/requests/request_errors.hpp"
#include "runtime/node/gateway.hpp"
#include "runtime/node/stream_relay.hpp"

// The subscribers that join existing streams, both of this Gateway and of other clients.
namespace nexus::llm {

Gateway::Promise<Ack> Gateway::subscribe(AIRole role, const RequestId& id,
                                         stream_subscriber subscriber) {
  auto promise = self_->make_response_promise<Ack>();
  const auto job = jobs_.find(id);
  const bool ours = job != jobs_.end();
  const bool listens = (ours && job->second.relay && job->second.subscriber == subscriber) ||
                       find_joined(id, subscriber) != joined_.end();
  if (listens) {
    promise.deliver(Ack{});
    return promise;
  }
  std::vector<std::size_t> nodes;
  if (!ours)
    nodes = connected_nodes();
  else if (!waits(job->second))
    nodes.push_back(job->second.node);
  std::optional<LLMError> refusal;
  if (ours && !job->second.streamed)
    refusal = no_stream(id);
  else if (!ours && nodes.empty())
    refusal = calls_.given_up().value_or(unknown_request(id));
  if (refusal) {
    promise.deliver(to_caf_error(std::move(*refusal)));
    return promise;
  }
  const RequestId key{id.value + "\n" + std::to_string(++last_joined_)};
  auto relay = spawn_stream_relay(self_->system(), key, id, subscriber, gateway_internal{self_});
  Joined joined;
  joined.role = role;
  joined.stream = id;
  joined.subscriber = std::move(subscriber);
  joined.relay = std::move(relay);
  joined.promise = promise;
  joined_.emplace(key, std::move(joined));
  if (nodes.empty())
    wait_for_stream(key);
  else
    attach(key, nodes);
  return promise;
}

void Gateway::attach(const RequestId& key, const std::vector<std::size_t>& nodes) {
  auto& joined = joined_.at(key);
  joined.waiting = false;
  joined.node.reset();
  joined.asked = nodes.size();
  for (const auto index : nodes)
    question<Ack>(
        index, [this, key, index](const Result<Ack>& answer) { on_attached(key, index, answer); },
        subscribe_atom_v, joined.role, joined.stream, stream_subscriber{joined.relay});
}

void Gateway::on_attached(const RequestId& key, std::size_t index, const Result<Ack>& answer) {
  const auto entry = joined_.find(key);
  if (entry == joined_.end())
    return;
  auto& joined = entry->second;
  --joined.asked;
  if (answer) {
    joined.node = index;
    if (auto promise = std::exchange(joined.promise, std::nullopt))
      promise->deliver(Ack{});
    return;
  }
  if (joined.node || joined.asked > 0)
    return;
  const auto job = jobs_.find(joined.stream);
  if (answer.error().code == ErrorCode::node_lost && job != jobs_.end() && !job->second.response)
    wait_for_stream(key);
  else
    refuse(key, answer.error());
}

void Gateway::wait_for_stream(const RequestId& key) {
  auto& joined = joined_.at(key);
  joined.node.reset();
  joined.waiting = true;
  if (auto promise = std::exchange(joined.promise, std::nullopt))
    promise->deliver(Ack{});
  // The request may have been sent to another node meanwhile, and may even be complete.
  const auto job = jobs_.find(joined.stream);
  if (job == jobs_.end())
    return;
  if (job->second.response)
    tell(self_, joined.relay, finish_atom_v, *job->second.response);
  else if (asked(job->second))
    attach(key, {job->second.node});
}

void Gateway::attach_waiting(const RequestId& id) {
  const auto node = jobs_.at(id).node;
  for (const auto& [key, joined] : joined_)
    if (joined.stream == id && joined.waiting)
      attach(key, {node});
}

void Gateway::end_waiting(const RequestId& id, const LLMError& error) {
  for (const auto& [key, joined] : joined_)
    if (joined.stream == id && joined.waiting)
      tell(self_, joined.relay, finish_atom_v, error);
}

void Gateway::take_subscribers_from(std::size_t index, const LLMError& lost) {
  for (auto& [key, joined] : joined_) {
    if (joined.node != index)
      continue;
    joined.node.reset();
    const auto job = jobs_.find(joined.stream);
    if (job == jobs_.end()) {
      tell(self_, joined.relay, finish_atom_v, lost);
    } else if (job->second.response) {
      tell(self_, joined.relay, finish_atom_v, *job->second.response);
    } else {
      auto decide = [this, key = key, lost](bool fresh) {
        const auto entry = joined_.find(key);
        if (entry == joined_.end())
          return;
        const auto stream = jobs_.find(entry->second.stream);
        if (fresh && stream != jobs_.end())
          wait_for_stream(key);
        else
          tell(self_, entry->second.relay, finish_atom_v, lost);
      };
      ask_watched(self_, joined.relay, restart_atom_v, lost)
          .then(decide, [this, key = key](const caf::error&) { forget_joined(key); });
    }
  }
}

void Gateway::refuse(const RequestId& key, const LLMError& error) {
  auto& joined = joined_.at(key);
  if (!joined.promise) {
    tell(self_, joined.relay, finish_atom_v, error);
    return;
  }
  // The subscriber has not joined, so it must not receive the end of a stream.
  anon_exit(joined.relay, caf::exit_reason::kill);
  joined.promise->deliver(to_caf_error(error));
  joined.promise.reset();
  forget_joined(key);
}

void Gateway::forget_joined(const RequestId& key) {
  auto joined = joined_.extract(key);
  if (joined.empty())
    return;
  // The subscriber has died, or the stream has ended before the node confirmed the subscription.
  if (joined.mapped().promise)
    joined.mapped().promise->deliver(Ack{});
  forget_if_over(joined.mapped().stream);
}

std::unordered_map<RequestId, Gateway::Joined>::iterator
Gateway::find_joined(const RequestId& stream, const stream_subscriber& subscriber) {
  return std::ranges::find_if(joined_, [&](const auto& each) {
    return each.second.stream == stream && each.second.subscriber == subscriber;
  });
}

Gateway::Promise<Ack> Gateway::unsubscribe(AIRole role, const RequestId& id,
                                           const stream_subscriber& subscriber) {
  auto promise = self_->make_response_promise<Ack>();
  const auto entry = find_joined(id, subscriber);
  const auto job = jobs_.find(id);
  stream_relay relay;
  std::optional<std::size_t> index;
  RequestId key; // of one that joined
  if (entry != joined_.end()) {
    key = entry->first;
    relay = entry->second.relay;
    index = entry->second.node;
  } else if (job != jobs_.end() && job->second.relay && job->second.subscriber == subscriber) {
    relay = job->second.relay;
    if (!waits(job->second))
      index = job->second.node;
  } else {
    // Not subscribed: nothing to do.
    promise.deliver(Ack{});
    return promise;
  }
  auto leave = [this, relay, key, id] {
    // A subscriber that has left gets no more messages.
    anon_exit(relay, caf::exit_reason::user_shutdown);
    forget_joined(key);
    const auto left = jobs_.find(id);
    if (left == jobs_.end() || left->second.relay != relay)
      return;
    left->second.relay = stream_relay{};
    forget_if_over(id);
  };
  if (!index || !nodes_[*index].service) {
    leave();
    promise.deliver(Ack{});
    return promise;
  }
  question<Ack>(
      *index,
      [promise, leave](Result<Ack> answer) mutable {
        if (!answer)
          return static_cast<void>(promise.deliver(to_caf_error(std::move(answer.error()))));
        leave();
        promise.deliver(Ack{});
      },
      unsubscribe_atom_v, role, id, stream_subscriber{relay});
  return promise;
}

} // namespace nexus::llm
