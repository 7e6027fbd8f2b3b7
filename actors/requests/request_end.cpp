// SPDX-License-Identifier: BSD-3-Clause
#include "actors/requests/request_actor.hpp"
#include "actors/requests/request_errors.hpp"

namespace nexus::llm {

void RequestActor::perform(const Machine::AnswerCaller& action) {
  tell(self_, caf::actor_cast<request_owner>(parts_.owner), release_atom_v, parts_.number);
  answer_caller(action.error);
  if (stream_ && action.end_stream)
    stream_->end_for(parts_.id, action.error);
}

void RequestActor::perform(const Machine::Count& action) {
  // An overload must not flood the log, too.
  if (parts_.components->figures->add(action.figures))
    parts_.log(LogLevel::warning, "requests of the role " + std::string{to_string(parts_.role)} +
                                      " are rejected for overload, from now on without a line for "
                                      "each");
}

void RequestActor::perform(const Machine::Log& action) { parts_.log(action.level, action.text); }

void RequestActor::perform(const Machine::Conclude& action) {
  asked_.reset();
  outcome_ = action.outcome;
  // Before the reply: the caller may reuse the id at once.
  tell(self_, caf::actor_cast<request_owner>(parts_.owner), release_atom_v, parts_.number);
  auto* response = std::get_if<LLMResponse>(&*outcome_);
  if (response == nullptr) {
    conclude_badly(std::get<LLMError>(*outcome_));
    return end_if_done();
  }
  response->id = parts_.id;
  const bool own = !response->provenance.cached && !response->provenance.shared;
  if (own && !texts_)
    tell(self_, role(), release_atom_v, run_, *response);
  else
    tell(self_, role(), release_atom_v, run_);
  for (auto& [id, promise] : followers_)
    promise.deliver(*response);
  followers_.clear();
  if (embed_promise_.pending())
    embed_promise_.deliver(std::move(*vectors_));
  if (promise_.pending() && !late_error_)
    promise_.deliver(*response);
  if (stream_)
    end_stream(*outcome_);
  end_if_done();
}

void RequestActor::conclude_badly(const LLMError& error) {
  // Also called by the destructor.
  const bool died = !outcome_;
  closing_ = closing_ || died;
  outcome_ = error;
  if (died)
    anon_tell(caf::actor_cast<request_owner>(parts_.owner), release_atom_v, parts_.number);
  if (died && machine_) {
    anon_tell(client(), cancel_atom_v, run_);
    if (machine_->has_caller())
      parts_.components->figures->add({.role = parts_.role, .failed = 1});
  }
  anon_tell(role(), release_atom_v, run_);
  for (auto& [id, promise] : followers_)
    promise.deliver(to_caf_error(died ? leader_lost() : error));
  followers_.clear();
  answer_caller(error);
  if (stream_)
    end_stream(error);
  else if (leader_)
    anon_tell(leader_, unfollow_atom_v, run_, parts_.id, error);
}

void RequestActor::answer_caller(const LLMError& error) {
  const bool has_text = stream_ && machine_ && machine_->seen() && error.partial.empty();
  if (!has_text || closing_ || !promise_.pending())
    return deliver_error(error);
  if (late_error_)
    return;
  // The error of the requester holds exactly the text that the subscriber has seen.
  ++errands_;
  late_error_ = error;
  auto deliver = [this](std::string text) {
    late_error_->partial = std::move(text);
    deliver_error(*late_error_);
    --errands_;
    end_if_done();
  };
  ask_watched(self_, stream_->streaming(), partial_atom_v, run_)
      .then([deliver](std::string& text) { deliver(std::move(text)); },
            [deliver](const caf::error&) { deliver({}); });
}

void RequestActor::deliver_error(const LLMError& error) {
  if (embed_promise_.pending())
    embed_promise_.deliver(to_caf_error(error));
  if (promise_.pending())
    promise_.deliver(to_caf_error(error));
}

void RequestActor::end_stream(const Outcome& outcome) {
  const auto* error = std::get_if<LLMError>(&outcome);
  if (!leader_)
    return finish_session(outcome);
  // If it followed another request, the stream of the leader sends the final message.
  if (led_to_end_ || error == nullptr) {
    stream_->hand_over_all();
    return finish_session(outcome);
  }
  leave_leader(*error);
}

void RequestActor::finish_session(const Outcome& outcome) const {
  if (const auto* response = std::get_if<LLMResponse>(&outcome))
    anon_tell(stream_->streaming(), finish_atom_v, run_, *response);
  else
    anon_tell(stream_->streaming(), finish_atom_v, run_, std::get<LLMError>(outcome));
}

void RequestActor::leave_leader(const LLMError& error) {
  auto leave = [this, error](bool was_follower) {
    if (was_follower)
      stream_->hand_over_all();
    finish_session(error);
  };
  if (closing_) {
    anon_tell(leader_, unfollow_atom_v, run_, parts_.id, error);
    return leave(taken_);
  }
  ++errands_;
  leaving_ = error;
  auto done = [this, leave](bool was_follower) {
    leaving_.reset();
    leave(was_follower);
    --errands_;
    end_if_done();
  };
  ask_watched(self_, leader_, unfollow_atom_v, run_, parts_.id, error)
      .then(done, [done](const caf::error&) { done(false); });
}

LLMError RequestActor::end_or(const LLMError& error) const {
  const auto* own = outcome_ ? std::get_if<LLMError>(&*outcome_) : nullptr;
  return own != nullptr ? *own : error;
}

void RequestActor::end_if_done() {
  if (is_over() && errands_ == 0 && (!stream_ || stream_through_))
    self_->quit();
}

} // namespace nexus::llm
