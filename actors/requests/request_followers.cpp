// SPDX-License-Identifier: BSD-3-Clause
#include "actors/requests/request_actor.hpp"
#include "actors/requests/request_errors.hpp"
#include "actors/role/role_actor.hpp"
#include "actors/streaming/streaming_actor.hpp"

namespace nexus::llm {

caf::result<QueuePosition> RequestActor::position() {
  if (is_following())
    return forward_to(self_, leader_, position_atom_v);
  if (is_over())
    return to_caf_error(unknown_request(parts_.id));
  auto promise = self_->make_response_promise<QueuePosition>();
  ask_position(guard(promise, name));
  return promise;
}

caf::result<RunningRequest> RequestActor::state_now() const {
  if (is_over() || !machine_->has_caller())
    return to_caf_error(unknown_request(parts_.id));
  const auto task = texts_                             ? Task::embed
                    : draft_.kind == RequestKind::chat ? Task::chat
                                                       : Task::generate;
  return RunningRequest{.id = parts_.id,
                        .role = parts_.role,
                        .task = task,
                        .phase = phase_now(),
                        .model = machine_->model().empty() ? order_.model : machine_->model(),
                        .attempts = machine_->attempts(),
                        .age = std::chrono::duration_cast<Millis>(now() - parts_.accepted)};
}

Phase RequestActor::phase_now() const {
  switch (machine_->stage()) {
  case Machine::Stage::admitting:
    return Phase::queued;
  case Machine::Stage::healing:
  case Machine::Stage::pausing:
    return Phase::retrying;
  case Machine::Stage::sending:
  case Machine::Stage::judging:
    return machine_->seen() ? Phase::first_token : loading_ ? Phase::loading : Phase::sent;
  case Machine::Stage::following:
  case Machine::Stage::resolving:
  case Machine::Stage::over:
    break;
  }
  return Phase::sent;
}

void RequestActor::ask_position(std::shared_ptr<GuardedAnswer<QueuePosition>> answer) {
  ask_watched(self_, role(), position_atom_v, run_)
      .then([answer](const QueuePosition& place) { answer->deliver(place); },
            [this, answer, asked = generation(Colleague::role)](caf::error& error) {
              if (!is_death_of(RoleActor::name, error))
                return answer->fail(std::move(error));
              once_replaced(asked, Colleague::role, [this, answer] { ask_position(answer); });
            });
}

caf::result<Ack> RequestActor::subscribe(const RequestId& id, const stream_subscriber& subscriber) {
  if (!stream_)
    return to_caf_error(no_stream(id));
  if (is_following()) {
    auto promise = self_->make_response_promise<Ack>();
    join_leader(id, subscriber, guard(promise, name));
    return promise;
  }
  auto promise = self_->make_response_promise<Ack>();
  join_stream(id, subscriber, guard(promise, name));
  return promise;
}

void RequestActor::join_leader(const RequestId& id, const stream_subscriber& subscriber,
                               std::shared_ptr<GuardedAnswer<Ack>> answer) {
  ask_watched(self_, leader_, subscribe_atom_v, id, subscriber)
      .then(
          [this, answer, id, subscriber](Ack) {
            stream_->note_joined(id, subscriber);
            // Only the leader is notified when the subscriber leaves.
            watcher_.watch(subscriber, [this, id, subscriber](const caf::error&) {
              stream_->note_gone(id, subscriber);
              update_interest();
            });
            update_interest();
            answer->deliver(Ack{});
          },
          [answer](caf::error& error) { answer->fail(std::move(error)); });
}

void RequestActor::join_stream(const RequestId& id, const stream_subscriber& subscriber,
                               std::shared_ptr<GuardedAnswer<Ack>> answer) {
  ask_watched(self_, stream_->streaming(), subscribe_atom_v, run_, id, subscriber)
      .then(
          [this, answer, id, subscriber](Ack) {
            stream_->note_joined(id, subscriber);
            update_interest();
            answer->deliver(Ack{});
          },
          [this, answer, id, subscriber, asked = stream_->generation()](caf::error& error) {
            if (!is_death_of(StreamingActor::name, error))
              return answer->fail(std::move(error));
            auto again = [this, answer, id, subscriber] { join_stream(id, subscriber, answer); };
            if (stream_->generation() != asked)
              again();
            else
              at_next_components_.push_back(again);
          });
}

caf::result<Ack> RequestActor::unsubscribe(const RequestId& id,
                                           const stream_subscriber& subscriber) {
  const auto leader = is_following() ? leader_ : request_actor{};
  if (stream_)
    stream_->leave(id, subscriber);
  update_interest();
  if (leader)
    anon_tell(leader, unsubscribe_atom_v, id, subscriber);
  return Ack{};
}

caf::result<LLMResponse> RequestActor::follow(const RequestId& run, const RequestId& id,
                                              const std::vector<stream_subscriber>& subscribers) {
  if (is_over())
    return to_caf_error(unknown_request(id));
  if (is_following())
    return forward_to(self_, leader_, follow_atom_v, run, id, subscribers);
  const auto& limits = config().limits;
  // Followers count like queued requests.
  if (followers_.size() >= limits.queue_length)
    return to_caf_error(
        {.code = ErrorCode::queue_full, .subject = std::string{to_string(parts_.role)}});
  // If the stream has no room for its subscribers, the request gets a stream of its own.
  if (stream_ && stream_->size() + subscribers.size() > limits.max_subscribers)
    return to_caf_error({.code = ErrorCode::too_many_subscribers, .subject = id.value});
  const auto follower = caf::actor_cast<request_actor>(self_->current_sender());
  auto promise = self_->make_response_promise<LLMResponse>();
  followers_.emplace(run, promise);
  if (stream_)
    stream_->add_followers(id, subscribers);
  anon_tell(follower, follow_atom_v);
  update_interest();
  return promise;
}

caf::result<bool> RequestActor::unfollow(const RequestId& run, const RequestId& id,
                                         const LLMError& error) {
  if (is_following())
    return forward_to(self_, leader_, unfollow_atom_v, run, id, error);
  auto follower = followers_.extract(run);
  if (follower.empty())
    return false;
  follower.mapped().deliver(to_caf_error(error));
  // The error goes through the stream, so that nothing follows it.
  if (stream_)
    stream_->end_for(id, error);
  update_interest();
  return true;
}

void RequestActor::replace() {
  // Its subscriber continues with the new request, and must not get a final message of this one.
  if (stream_)
    stream_->hand_over(parts_.id);
  if (promise_.pending() || embed_promise_.pending())
    take(Machine::CallerGone{});
}

void RequestActor::update_interest() {
  take(Machine::Interest{.followers = !followers_.empty(),
                         .listeners = stream_ && stream_->has_others()});
}

void RequestActor::on_abandoned() {
  // Another subscriber may have joined since.
  if (stream_->all_left())
    take(Machine::End{{.code = ErrorCode::cancelled, .detail = "nobody listens any more"}});
}

} // namespace nexus::llm
