// SPDX-License-Identifier: BSD-3-Clause
#include "actors/requests/request_machine.hpp"

#include <algorithm>
#include <utility>

#include "actors/requests/retry_policy.hpp"
#include "config/model_name.hpp"

namespace nexus::llm {

namespace {

/// Whether the model may hang: it sent no byte to any request in the allowed time.
bool may_hang(ErrorCode code) { return code == ErrorCode::first_token_timeout; }

std::chrono::microseconds between(RequestMachine::Time from, RequestMachine::Time to) {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::max(from, to) - from);
}

} // namespace

RequestMachine::Actions RequestMachine::on(const Event& event, const LLMClientConfig& config,
                                           Time now, double chance) {
  Actions out;
  Moment moment{config, now, chance, out};
  if (stage_ != Stage::over)
    std::visit([&](const auto& which) { handle(which, moment); }, event);
  return out;
}

void RequestMachine::handle(const Begin& event, Moment& moment) { admit(moment, event.anew); }

void RequestMachine::handle(const ChunkSeen& event, Moment&) {
  if (event.attempt == attempts_)
    seen_ = true;
}

void RequestMachine::handle(const StreamLost& event, Moment& moment) {
  const LLMError reason{.code = ErrorCode::component_failed, .subject = event.component};
  if (stage_ != Stage::sending && stage_ != Stage::judging) {
    // The predecessor may have died before it told the subscribers.
    if (restarted_)
      moment.out.push_back(RestartStream{attempts_ + 1, true, last_error_.value_or(reason)});
    return;
  }
  // The chunks of this attempt are lost with the old stream.
  moment.out.push_back(Abort{});
  if (seen_ && restarted_)
    return fail(moment, reason);
  if (lost_too_many(moment, reason))
    return;
  restarted_ = restarted_ || seen_;
  last_error_ = reason;
  moment.out.push_back(RestartStream{attempts_ + 1, restarted_, reason});
  resolve(moment);
}

void RequestMachine::handle(const CallerGone&, Moment& moment) {
  const LLMError reason{.code = ErrorCode::cancelled, .detail = "its requester is gone"};
  if (!caller_)
    return;
  if (interest_.followers || interest_.listeners)
    answer_caller(moment, reason, false);
  else
    fail(moment, reason);
}

void RequestMachine::handle(const Cancelled&, Moment& moment) {
  const LLMError reason{.code = ErrorCode::cancelled};
  if (!interest_.followers)
    fail(moment, reason);
  else if (caller_)
    answer_caller(moment, reason, true);
}

void RequestMachine::handle(const Interest& event, Moment& moment) {
  interest_ = event;
  if (!caller_ && !interest_.followers && !interest_.listeners)
    fail(moment, {.code = ErrorCode::cancelled, .detail = "its requester is gone"});
}

void RequestMachine::handle(const End& event, Moment& moment) { fail(moment, event.reason); }

void RequestMachine::handle(const Happened& event, Moment& moment) {
  if (event.step == step_)
    std::visit([&](const auto& which) { reply(which, moment); }, event.reply);
}

void RequestMachine::reply(const Admitted&, Moment& moment) {
  holds_place_ = true;
  resolve(moment);
}

void RequestMachine::reply(const Cached& reply, Moment& moment) {
  auto response = reply.response;
  response.provenance = {.attempts = 0,
                         .cached = true,
                         .prompt_truncated = response.provenance.prompt_truncated,
                         .cut_by_length = response.provenance.cut_by_length};
  succeed(moment, std::move(response));
}

void RequestMachine::reply(const Shared&, Moment& moment) {
  shared_ = true;
  moment.out.push_back(Follow{enter(Stage::following)});
}

void RequestMachine::reply(const Missed&, Moment& moment) {
  shared_ = false;
  admit(moment, false);
}

void RequestMachine::reply(const Alone&, Moment& moment) {
  shared_ = false;
  alone_ = true;
  admit(moment, false);
}

void RequestMachine::reply(const Resolved& reply, Moment& moment) {
  digest_ = reply.digest;
  if (model_ != reply.model) {
    model_ = reply.model;
    on_this_model_ = 0;
    once_failures_ = 0;
  }
  ++attempts_;
  ++on_this_model_;
  seen_ = false;
  if (!first_sent_)
    first_sent_ = moment.now;
  moment.out.push_back(Send{enter(Stage::sending), attempts_, model_, digest_});
}

void RequestMachine::reply(const Answered& reply, Moment& moment) {
  succeed(moment, reply.response);
}

void RequestMachine::reply(const Failed& reply, Moment& moment) {
  switch (stage_) {
  case Stage::admitting:
  case Stage::following:
    return fail(moment, reply.error);
  case Stage::resolving:
    // There is no fallback: the error that required one says more.
    if ((reply.error.code == ErrorCode::model_not_found ||
         reply.error.code == ErrorCode::remote_model_refused) &&
        last_error_)
      return fail(moment, *last_error_);
    ++attempts_;
    ++on_this_model_;
    break;
  case Stage::healing:
    return pause(moment, wait_);
  case Stage::judging:
    return decide_after(moment, *last_error_, true);
  case Stage::sending:
    break;
  case Stage::pausing:
  case Stage::over:
    return;
  }
  // The loss of a component or node costs no retry, and has its own limit.
  if (info(reply.error.code).retry == Retry::moved && lost_too_many(moment, reply.error))
    return;
  attempt_failed(moment, reply.error);
}

void RequestMachine::reply(const Judged& reply, Moment& moment) {
  decide_after(moment, *last_error_, reply.seen || seen_);
}

void RequestMachine::reply(const Done&, Moment& moment) {
  if (stage_ == Stage::healing)
    pause(moment, wait_);
  else
    resolve(moment);
}

void RequestMachine::reply(const Lost& reply, Moment& moment) {
  const LLMError error{.code = ErrorCode::component_failed, .subject = reply.component};
  if (lost_too_many(moment, error))
    return;
  switch (stage_) {
  case Stage::admitting:
    return admit(moment, true);
  case Stage::following:
    shared_ = false;
    // Its subscribers listened to the stream that has failed.
    return order_.stream ? fail(moment, error) : admit(moment, false);
  case Stage::resolving:
    return resolve(moment);
  case Stage::sending:
    return attempt_failed(moment, error);
  case Stage::healing:
    return pause(moment, Millis{0});
  case Stage::judging:
    return decide_after(moment, *last_error_, true);
  case Stage::pausing:
  case Stage::over:
    return;
  }
}

RequestMachine::Step RequestMachine::enter(Stage stage) {
  stage_ = stage;
  return ++step_;
}

void RequestMachine::admit(Moment& moment, bool again) {
  moment.out.push_back(Admit{enter(Stage::admitting), again, alone_});
}

void RequestMachine::resolve(Moment& moment) {
  moment.out.push_back(
      Resolve{enter(Stage::resolving), tried_, std::exchange(refresh_models_, false)});
}

void RequestMachine::pause(Moment& moment, Millis wait) {
  moment.out.push_back(Pause{enter(Stage::pausing), wait});
}

bool RequestMachine::lost_too_many(Moment& moment, const LLMError& error) {
  if (++component_failures_ <= max_component_failures)
    return false;
  fail(moment, error);
  return true;
}

void RequestMachine::attempt_failed(Moment& moment, LLMError error) {
  error.model = model_;
  error.attempts = attempts_;
  if (info(error.code).retry == Retry::once)
    ++once_failures_;
  last_error_ = error;
  // Nothing can have been seen of an attempt that was not sent.
  if (stage_ != Stage::sending || !order_.stream)
    return decide_after(moment, std::move(error), false);
  // Only the stream knows whether a chunk of this attempt was passed on.
  moment.out.push_back(Judge{enter(Stage::judging)});
}

void RequestMachine::decide_after(Moment& moment, LLMError error, bool seen) {
  const auto decision =
      decide(error,
             {.attempts = attempts_,
              .on_this_model = on_this_model_,
              .once_failures = once_failures_,
              .seen = seen,
              .restarted = restarted_,
              .more_models = more_models(moment.config),
              .before_break = error.unsent_for && accepted_ < moment.now - *error.unsent_for},
             moment.config, moment.chance);
  using Next = RetryDecision::Next;
  const bool hangs = order_.heals && may_hang(error.code) && !healed_ && !model_.empty();
  if (hangs && decision.next != Next::retry)
    heal(moment, 0);
  if (decision.next == Next::fail)
    return fail(moment, std::move(error));
  const auto what = "request " + order_.name + ", attempt " + std::to_string(attempts_) +
                    (model_.empty() ? "" : " with " + model_) + ": " + log_line(error);
  if (order_.stream)
    moment.out.push_back(RestartStream{attempts_ + 1, decision.next == Next::restart, error});
  if (decision.next == Next::fall_back) {
    count(moment, {.fallbacks = 1});
    moment.out.push_back(Log{LogLevel::warning, what + "; falling back to another model"});
    tried_.push_back(model_.empty() ? moment.config.model(order_.role) : model_);
    refresh_models_ = error.code == ErrorCode::model_not_found;
    return resolve(moment);
  }
  count(moment, {.retries = 1});
  moment.out.push_back(Log{LogLevel::warning, what + "; trying again in " +
                                                  std::to_string(decision.wait.count()) + " ms"});
  if (decision.next == Next::restart)
    restarted_ = true;
  if (!hangs || decision.next != Next::retry)
    return pause(moment, decision.wait);
  wait_ = decision.wait;
  heal(moment, enter(Stage::healing));
}

void RequestMachine::heal(Moment& moment, Step step) {
  healed_ = true;
  moment.out.push_back(Heal{step, model_, digest_});
}

void RequestMachine::succeed(Moment& moment, LLMResponse response) {
  auto& provenance = response.provenance;
  RoleStats figures;
  if (shared_) {
    // The other request was queued and sent at its own times.
    first_sent_ = moment.now - provenance.total_time + provenance.queue_time;
    provenance.shared = true;
    provenance.cached = false;
  } else if (!provenance.cached) {
    const auto& first_choice =
        order_.model.empty() ? moment.config.model(order_.role) : order_.model;
    provenance.attempts = attempts_;
    provenance.fallback = !same_model(model_, first_choice);
    provenance.restarted = restarted_;
    count(moment,
          {.tokens = response.stats.eval_count, .generating = response.stats.eval_duration});
  }
  provenance.queue_time = between(accepted_, first_sent_.value_or(moment.now));
  provenance.total_time = between(accepted_, moment.now);
  figures.answered = caller_ ? 1 : 0;
  figures.shared = caller_ && shared_ ? 1 : 0;
  figures.cache_hits = provenance.cached ? 1 : 0;
  count(moment, figures);
  enter(Stage::over);
  moment.out.push_back(Conclude{std::move(response)});
}

void RequestMachine::fail(Moment& moment, LLMError error) {
  if (!shared_)
    error.attempts = attempts_;
  if (error.model.empty())
    error.model = model_;
  const auto kind = category(error.code);
  if (caller_) {
    const bool cancelled = kind == ErrorCategory::cancelled;
    const bool rejected = kind == ErrorCategory::overload;
    count(moment, {.failed = cancelled || rejected ? 0u : 1u,
                   .cancelled = cancelled ? 1u : 0u,
                   .rejected = rejected ? 1u : 0u,
                   .shared = shared_ ? 1u : 0u});
    if (!cancelled && !rejected && kind != ErrorCategory::validation)
      moment.out.push_back(
          Log{LogLevel::error, "request " + order_.name + " failed: " + log_line(error)});
  }
  if (stage_ == Stage::sending)
    moment.out.push_back(Abort{});
  enter(Stage::over);
  moment.out.push_back(Conclude{std::move(error)});
}

void RequestMachine::answer_caller(Moment& moment, LLMError error, bool end_stream) {
  caller_ = false;
  count(moment, {.cancelled = 1});
  moment.out.push_back(AnswerCaller{std::move(error), end_stream});
}

void RequestMachine::count(Moment& moment, const RoleStats& figures) const {
  auto added = figures;
  added.role = order_.role;
  moment.out.push_back(Count{added});
}

bool RequestMachine::more_models(const LLMClientConfig& config) const {
  if (!order_.falls_back || !order_.model.empty())
    return false;
  const auto& fallbacks = config.settings(order_.role).fallback_models;
  return std::any_of(fallbacks.begin(), fallbacks.end(), [this](const std::string& model) {
    const bool tried = std::any_of(tried_.begin(), tried_.end(), [&model](const auto& other) {
      return same_model(model, other);
    });
    return !tried && !same_model(model, model_);
  });
}

} // namespace nexus::llm
