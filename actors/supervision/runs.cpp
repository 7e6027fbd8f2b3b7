#include <algorithm>

#include "actors/guarded_answer.hpp"
#include "actors/log.hpp"
#include "actors/supervision/jitter.hpp"
#include "actors/supervision/retry_policy.hpp"
#include "actors/supervision/retry_supervisor.hpp"
#include "actors/supervision/truncation.hpp"
#include "config/model_name.hpp"

/// The part of the RetrySupervisor that leads requests through the system.
namespace nexus::llm {

namespace {

/// A stream without an answer for so long may wait for its model to load.
constexpr std::chrono::milliseconds loading_probe_delay{500};
/// How often one request may lose the component that works on it.
constexpr std::uint32_t max_component_failures = 3;

std::chrono::microseconds between(Run::Time from, Run::Time to) {
  return std::chrono::duration_cast<std::chrono::microseconds>(to - from);
}

/// How the log names a run.
std::string label(const Run& run) {
  return "request " + (run.members.empty() ? run.id.value : run.members.front().id.value);
}

} // namespace

RetrySupervisor::Promise<LLMResponse> RetrySupervisor::submit(AIRole role, LLMRequest request,
                                                              stream_subscriber subscriber) {
  // Making the promise takes the sender out of the message.
  auto requester = self_->current_sender();
  auto promise = self_->make_response_promise<LLMResponse>();
  if (request.id.value.empty())
    request.id = make_request_id();
  const auto id = request.id;
  if (run_of_request_.contains(id)) {
    promise.deliver(to_caf_error({.code = ErrorCode::invalid_argument,
                                  .subject = "`id` is that of another request under way"}));
    return promise;
  }
  const RequestId run_id{"run-" + std::to_string(++last_run_)};
  auto& run = runs_[run_id];
  run.id = run_id;
  run.role = role;
  run.draft = std::move(request);
  run.draft.id = run_id;
  run.accepted = now();
  run_of_request_.emplace(id, run_id);
  run.members.push_back({.id = id,
                         .promise = promise,
                         .requester = requester,
                         .accepted = run.accepted,
                         .shared = false});
  if (requester && requesters_[caf::actor_cast<caf::actor_addr>(requester)]++ == 0)
    watcher_.watch(requester, [this, address = caf::actor_cast<caf::actor_addr>(requester)](
                                  const caf::error&) { on_requester_down(address); });
  ++stats_of(role).accepted;
  if (subscriber) {
    run.listeners.push_back({.id = id, .handle = std::move(subscriber), .late = false});
    open_stream(run);
  }
  admit(run);
  return promise;
}

void RetrySupervisor::open_stream(Run& run) {
  tell(self_, streaming_, open_atom_v, run.id, run.attempts + 1);
  for (const auto& listener : run.listeners)
    anon_tell(streaming_, subscribe_atom_v, run.id, listener.id, listener.handle);
}

void RetrySupervisor::admit(Run& run) {
  run.stage = Run::Stage::admitting;
  run.step = ++last_step_;
  const auto used = worker_of(run.role);
  const auto component = first_role_component + index_of(run.role);
  ask_watched(self_, used, admit_atom_v, run.draft)
      .then(
          [this, id = run.id, step = run.step](Admission& admission) {
            if (auto* current = at_step(id, step))
              on_admission(*current, std::move(admission));
          },
          [this, id = run.id, step = run.step, used, component](const caf::error& error) {
            if (auto* current = at_step(id, step))
              component_error(*current, component, caf::actor_cast<caf::strong_actor_ptr>(used),
                              to_llm_error(error), &RetrySupervisor::admit);
          });
}

void RetrySupervisor::on_admission(Run& run, Admission admission) {
  switch (admission.kind) {
  case Admission::Kind::run:
    run.request = std::move(admission.request);
    resolve(run);
    break;
  case Admission::Kind::cached: {
    ++stats_of(run.role).cache_hits;
    auto response = std::move(*admission.response);
    response.provenance = {};
    response.provenance.attempts = 0;
    response.provenance.cached = true;
    succeed(run, std::move(response));
    break;
  }
  case Admission::Kind::shared:
    join(run, admission.leader);
    break;
  }
}

void RetrySupervisor::join(Run& run, const RequestId& leader_id) {
  const auto entry = runs_.find(leader_id);
  if (entry == runs_.end() || entry->second.stage == Run::Stage::finished)
    return admit(run);
  auto& leader = entry->second;
  ++stats_of(run.role).shared;
  for (auto& member : run.members) {
    member.shared = true;
    run_of_request_[member.id] = leader.id;
    leader.members.push_back(std::move(member));
  }
  for (auto& listener : run.listeners) {
    anon_tell(streaming_, unsubscribe_atom_v, run.id, listener.handle);
    anon_tell(streaming_, subscribe_atom_v, leader.id, listener.id, listener.handle);
    leader.listeners.push_back(std::move(listener));
  }
  // Nobody listens to the stream of the follower any more: this only clears it away.
  tell(self_, streaming_, finish_atom_v, run.id, LLMError{.code = ErrorCode::cancelled});
  runs_.erase(run.id);
}

void RetrySupervisor::resolve(Run& run) {
  run.stage = Run::Stage::resolving;
  run.step = ++last_step_;
  const auto used = models_;
  ask_watched(self_, used, resolve_atom_v, run.role, run.draft.model, run.tried,
              std::exchange(run.refresh_models, false))
      .then(
          [this, id = run.id, step = run.step](std::string& model) {
            auto* current = at_step(id, step);
            if (current == nullptr)
              return;
            if (current->model != model) {
              current->model = std::move(model);
              current->on_this_model = 0;
              current->once_failures = 0;
            }
            send(*current);
          },
          [this, id = run.id, step = run.step, used](const caf::error& error) {
            auto* current = at_step(id, step);
            if (current == nullptr)
              return;
            auto failure = to_llm_error(error);
            // No fallback is there: what made one necessary says more.
            if (failure.code == ErrorCode::model_not_found && current->last_error)
              return fail(*current, *current->last_error);
            if (failure.code != ErrorCode::component_failed) {
              ++current->attempts;
              ++current->on_this_model;
              return attempt_failed(*current, std::move(failure));
            }
            component_error(*current, models_component,
                            caf::actor_cast<caf::strong_actor_ptr>(used), std::move(failure),
                            &RetrySupervisor::resolve);
          });
}

void RetrySupervisor::send(Run& run) {
  run.stage = Run::Stage::sending;
  run.step = ++last_step_;
  ++run.attempts;
  ++run.on_this_model;
  run.request.model = run.model;
  run.request.attempt = run.attempts;
  if (run.first_sent == Run::Time{})
    run.first_sent = now();
  const auto used = client_;
  auto on_answer = [this, id = run.id, step = run.step](LLMResponse& response) {
    if (auto* current = at_step(id, step))
      succeed(*current, std::move(response));
  };
  auto on_error = [this, id = run.id, step = run.step, used](const caf::error& error) {
    auto* current = at_step(id, step);
    if (current == nullptr)
      return;
    auto failure = to_llm_error(error);
    if (failure.code != ErrorCode::component_failed)
      return attempt_failed(*current, std::move(failure));
    component_error(*current, client_component, caf::actor_cast<caf::strong_actor_ptr>(used),
                    std::move(failure), nullptr);
  };
  const bool chat = run.request.kind == RequestKind::chat;
  if (!run.request.stream) {
    if (chat)
      ask_watched(self_, used, chat_atom_v, run.request).then(on_answer, on_error);
    else
      ask_watched(self_, used, generate_atom_v, run.request).then(on_answer, on_error);
    return;
  }
  tell(self_, streaming_, run.id,
       RequestProgress{.phase = Phase::sent, .attempt = run.attempts, .model = run.model});
  const chunk_sink sink = streaming_;
  if (chat)
    ask_watched(self_, used, chat_streaming_atom_v, run.request, sink).then(on_answer, on_error);
  else
    ask_watched(self_, used, generate_streaming_atom_v, run.request, sink)
        .then(on_answer, on_error);
  after(loading_probe_delay, [this, id = run.id, step = run.step] {
    if (auto* current = at_step(id, step))
      probe_loading(*current);
  });
}

void RetrySupervisor::probe_loading(Run& run) {
  ask_watched(self_, client_, running_models_atom_v)
      .then(
          [this, id = run.id, step = run.step](const RunningModels& running) {
            auto* current = at_step(id, step);
            if (current == nullptr)
              return;
            const bool loaded = std::any_of(running.models.begin(), running.models.end(),
                                            [current](const RunningModel& model) {
                                              return same_model(model.name, current->model);
                                            });
            if (!loaded)
              tell(self_, streaming_, id,
                   RequestProgress{.phase = Phase::loading,
                                   .attempt = current->attempts,
                                   .model = current->model});
          },
          [](const caf::error&) {});
}

void RetrySupervisor::component_error(Run& run, std::size_t component,
                                      const caf::strong_actor_ptr& used, LLMError error,
                                      void (RetrySupervisor::*again)(Run&)) {
  if (error.code != ErrorCode::component_failed)
    return fail(run, std::move(error));
  if (++run.component_failures > max_component_failures)
    return fail(run, std::move(error));
  // The news that the component ended may be here already, or still on its way.
  if (components_[component].actor == used) {
    run.waits_for = component;
    run.last_error = std::move(error);
    return;
  }
  if (again != nullptr)
    (this->*again)(run);
  else
    attempt_failed(run, std::move(error));
}

void RetrySupervisor::resume_runs(std::size_t component) {
  std::vector<RequestId> waiting;
  for (auto& [id, run] : runs_)
    if (run.waits_for == component)
      waiting.push_back(id);
  for (const auto& id : waiting) {
    auto& run = runs_.at(id);
    run.waits_for.reset();
    switch (run.stage) {
    case Run::Stage::admitting:
      admit(run);
      break;
    case Run::Stage::resolving:
      resolve(run);
      break;
    case Run::Stage::sending:
      attempt_failed(run, run.last_error.value_or(LLMError{}));
      break;
    case Run::Stage::waiting:
    case Run::Stage::finished:
      break;
    }
  }
}

void RetrySupervisor::attempt_failed(Run& run, LLMError error) {
  error.model = run.model;
  error.attempts = run.attempts;
  if (info(error.code).retry == Retry::once)
    ++run.once_failures;
  run.last_error = error;
  if (!run.request.stream || run.listeners.empty())
    return decide_after_failure(run, std::move(error), false);
  // Only the stream knows whether anything of this attempt was passed on.
  run.step = ++last_step_;
  auto proceed = [this, id = run.id, step = run.step, error](bool seen) {
    if (auto* current = at_step(id, step))
      decide_after_failure(*current, error, seen);
  };
  ask_watched(self_, streaming_, seen_atom_v, run.id)
      .then([proceed](bool seen) { proceed(seen); },
            [proceed](const caf::error&) { proceed(true); });
}

void RetrySupervisor::decide_after_failure(Run& run, LLMError error, bool seen) {
  const auto decision = decide(error,
                               {.on_this_model = run.on_this_model,
                                .once_failures = run.once_failures,
                                .seen = seen,
                                .restarted = run.restarted,
                                .more_models = more_models(run)},
                               config_, jitter());
  using Next = RetryDecision::Next;
  if (decision.next == Next::fail)
    return fail(run, std::move(error));
  auto& stats = stats_of(run.role);
  const auto what = label(run) + ", attempt " + std::to_string(run.attempts) +
                    (run.model.empty() ? "" : " with " + run.model) + ": " + log_line(error);
  if (!run.listeners.empty())
    tell(self_, streaming_, restart_atom_v, run.id, run.attempts + 1,
         decision.next == Next::restart, error);
  if (decision.next == Next::fall_back) {
    ++stats.fallbacks;
    log(LogLevel::warning, what + "; falling back to another model");
    run.tried.push_back(run.model.empty() ? config_.model(run.role) : run.model);
    run.refresh_models = error.code == ErrorCode::model_not_found;
    return resolve(run);
  }
  ++stats.retries;
  log(LogLevel::warning,
      what + "; trying again in " + std::to_string(decision.wait.count()) + " ms");
  if (decision.next == Next::restart)
    run.restarted = true;
  run.stage = Run::Stage::waiting;
  run.step = ++last_step_;
  after(decision.wait, [this, id = run.id, step = run.step] {
    if (auto* current = at_step(id, step))
      resolve(*current);
  });
}

void RetrySupervisor::succeed(Run& run, LLMResponse response) {
  const auto end = now();
  auto& provenance = response.provenance;
  auto& stats = stats_of(run.role);
  if (!provenance.cached) {
    const auto first_choice = run.draft.model.empty() ? config_.model(run.role) : run.draft.model;
    provenance.attempts = run.attempts;
    provenance.fallback = !same_model(run.model, first_choice);
    provenance.restarted = run.restarted;
    provenance.prompt_truncated = probably_truncated(run.request, response.stats);
    stats.tokens += response.stats.eval_count;
    stats.generating += response.stats.eval_duration;
    tell(self_, worker_of(run.role), release_atom_v, run.id, response);
  }
  for (auto& member : run.members) {
    auto answer = response;
    answer.id = member.id;
    answer.provenance.shared = member.shared;
    answer.provenance.queue_time =
        between(member.accepted,
                std::max(member.accepted, run.first_sent == Run::Time{} ? end : run.first_sent));
    answer.provenance.total_time = between(member.accepted, end);
    ++stats.answered;
    if (!run.response)
      run.response = answer;
    member.promise.deliver(std::move(answer));
  }
  if (!run.listeners.empty()) {
    // Those who joined late are left where every requester has gone.
    if (!run.response)
      run.response = std::move(response);
    tell(self_, streaming_, finish_atom_v, run.id, *run.response);
  }
  finish(run);
}

void RetrySupervisor::fail(Run& run, LLMError error) {
  error.attempts = run.attempts;
  if (error.model.empty())
    error.model = run.model;
  auto& stats = stats_of(run.role);
  const auto kind = category(error.code);
  for (auto& member : run.members) {
    if (kind == ErrorCategory::cancelled)
      ++stats.cancelled;
    else if (kind == ErrorCategory::overload)
      ++stats.rejected;
    else
      ++stats.failed;
    member.promise.deliver(to_caf_error(error));
  }
  if (kind != ErrorCategory::cancelled && kind != ErrorCategory::validation && !run.members.empty())
    log(LogLevel::error, "request " + run.members.front().id.value + " failed: " + log_line(error));
  if (run.stage == Run::Stage::sending)
    anon_tell(client_, cancel_atom_v, run.id);
  tell(self_, worker_of(run.role), release_atom_v, run.id);
  if (!run.listeners.empty())
    tell(self_, streaming_, finish_atom_v, run.id, error);
  run.error = std::move(error);
  finish(run);
}

void RetrySupervisor::finish(Run& run) {
  for (auto& member : run.members) {
    run_of_request_.erase(member.id);
    forget_requester(member.requester);
  }
  run.members.clear();
  run.stage = Run::Stage::finished;
  run.step = ++last_step_;
  // A stream is kept until all of its subscribers have their end.
  if (run.listeners.empty())
    runs_.erase(run.id);
}

void RetrySupervisor::forget_requester(const caf::strong_actor_ptr& requester) {
  if (!requester)
    return;
  const auto entry = requesters_.find(caf::actor_cast<caf::actor_addr>(requester));
  if (entry == requesters_.end() || --entry->second > 0)
    return;
  requesters_.erase(entry);
  watcher_.forget(requester);
}

bool RetrySupervisor::cancel(const RequestId& id) {
  if (cancel_one(id))
    return true;
  // The parts of a batch bear its id with a number.
  std::vector<RequestId> parts;
  const auto prefix = id.value + "#";
  for (const auto& [request, run] : run_of_request_)
    if (!id.value.empty() && request.value.starts_with(prefix))
      parts.push_back(request);
  for (const auto& part : parts)
    cancel_one(part);
  return !parts.empty();
}

bool RetrySupervisor::cancel_one(const RequestId& id) {
  auto* run = find_run(id);
  if (run == nullptr)
    return false;
  if (run->members.size() == 1) {
    fail(*run, {.code = ErrorCode::cancelled});
    return true;
  }
  // Others share the run, which goes on for them.
  for (std::size_t index = 0; index < run->members.size(); ++index)
    if (run->members[index].id == id) {
      const LLMError error{.code = ErrorCode::cancelled};
      run->members[index].promise.deliver(to_caf_error(error));
      ++stats_of(run->role).cancelled;
      for (const auto& listener : run->listeners)
        if (listener.id == id) {
          anon_tell(streaming_, unsubscribe_atom_v, run->id, listener.handle);
          tell(self_, listener.handle, StreamError{id, error});
        }
      std::erase_if(run->listeners, [&id](const auto& listener) { return listener.id == id; });
      remove_member(*run, index);
      return true;
    }
  return false;
}

void RetrySupervisor::remove_member(Run& run, std::size_t index) {
  const auto member = std::move(run.members[index]);
  run.members.erase(run.members.begin() + static_cast<std::ptrdiff_t>(index));
  run_of_request_.erase(member.id);
  forget_requester(member.requester);
}

void RetrySupervisor::on_requester_down(const caf::actor_addr& requester) {
  requesters_.erase(requester);
  std::vector<RequestId> touched;
  for (auto& [id, run] : runs_)
    for (std::size_t index = run.members.size(); index-- > 0;)
      if (run.members[index].requester &&
          caf::actor_cast<caf::actor_addr>(run.members[index].requester) == requester) {
        run.members[index].requester = nullptr;
        remove_member(run, index);
        ++stats_of(run.role).cancelled;
        touched.push_back(id);
      }
  for (const auto& id : touched) {
    const auto entry = runs_.find(id);
    if (entry == runs_.end() || entry->second.stage == Run::Stage::finished ||
        !entry->second.members.empty())
      continue;
    const auto& listeners = entry->second.listeners;
    const bool others = std::any_of(listeners.begin(), listeners.end(),
                                    [](const auto& listener) { return listener.late; });
    if (!others)
      fail(entry->second, {.code = ErrorCode::cancelled, .detail = "its requester is gone"});
  }
}

void RetrySupervisor::on_abandoned(const RequestId& run) {
  const auto entry = runs_.find(run);
  if (entry == runs_.end() || entry->second.stage == Run::Stage::finished)
    return;
  fail(entry->second, {.code = ErrorCode::cancelled, .detail = "nobody listens any more"});
}

void RetrySupervisor::on_stream_released(const RequestId& run) {
  const auto entry = runs_.find(run);
  if (entry != runs_.end() && entry->second.stage == Run::Stage::finished)
    runs_.erase(entry);
}

void RetrySupervisor::on_streaming_restarted() {
  std::vector<RequestId> streams;
  for (const auto& [id, run] : runs_)
    if (!run.listeners.empty())
      streams.push_back(id);
  const LLMError reason{.code = ErrorCode::component_failed, .subject = "StreamingActor"};
  for (const auto& id : streams) {
    auto& run = runs_.at(id);
    open_stream(run);
    if (run.stage == Run::Stage::finished) {
      tell(self_, streaming_, restart_atom_v, id, run.attempts, true, reason);
      if (run.response)
        tell(self_, streaming_, finish_atom_v, id, *run.response);
      else
        tell(self_, streaming_, finish_atom_v, id, run.error.value_or(reason));
      continue;
    }
    if (run.stage != Run::Stage::sending)
      continue;
    // The pieces of this attempt are lost with the old stream.
    anon_tell(client_, cancel_atom_v, id);
    if (run.restarted || ++run.component_failures > max_component_failures) {
      fail(run, reason);
      continue;
    }
    run.restarted = true;
    run.last_error = reason;
    tell(self_, streaming_, restart_atom_v, id, run.attempts + 1, true, reason);
    resolve(run);
  }
}

RetrySupervisor::Promise<QueuePosition> RetrySupervisor::position(const RequestId& id) {
  auto promise = self_->make_response_promise<QueuePosition>();
  const auto* run = find_run(id);
  if (run == nullptr) {
    promise.deliver(
        to_caf_error({.code = ErrorCode::unknown_request, .subject = "`" + id.value + "`"}));
    return promise;
  }
  const auto answer = guard(promise, name);
  ask_watched(self_, worker_of(run->role), position_atom_v, run->id)
      .then([answer](const QueuePosition& place) { answer->deliver(place); },
            [answer](caf::error& error) { answer->fail(std::move(error)); });
  return promise;
}

RetrySupervisor::Promise<Ack> RetrySupervisor::subscribe(const RequestId& id,
                                                         const stream_subscriber& subscriber) {
  auto promise = self_->make_response_promise<Ack>();
  auto* run = find_run(id);
  if (run == nullptr) {
    promise.deliver(
        to_caf_error({.code = ErrorCode::unknown_request, .subject = "`" + id.value + "`"}));
    return promise;
  }
  if (run->listeners.empty()) {
    promise.deliver(to_caf_error({.code = ErrorCode::invalid_argument,
                                  .subject = "request `" + id.value + "` is no stream"}));
    return promise;
  }
  const auto answer = guard(promise, name);
  ask_watched(self_, streaming_, subscribe_atom_v, run->id, id, subscriber)
      .then(
          [this, answer, run_id = run->id, id, subscriber](Ack) {
            if (const auto entry = runs_.find(run_id); entry != runs_.end())
              entry->second.listeners.push_back({.id = id, .handle = subscriber, .late = true});
            answer->deliver(Ack{});
          },
          [answer](caf::error& error) { answer->fail(std::move(error)); });
  return promise;
}

RetrySupervisor::Promise<Ack> RetrySupervisor::unsubscribe(const RequestId& id,
                                                           const stream_subscriber& subscriber) {
  auto promise = self_->make_response_promise<Ack>();
  promise.deliver(Ack{});
  for (auto& [run_id, run] : runs_) {
    const auto listener =
        std::find_if(run.listeners.begin(), run.listeners.end(), [&](const auto& other) {
          return other.id == id && other.handle == subscriber;
        });
    if (listener == run.listeners.end())
      continue;
    anon_tell(streaming_, unsubscribe_atom_v, run_id, subscriber);
    // The last one stays noted, so that the end of the stream is told and cleared away.
    if (run.listeners.size() > 1)
      run.listeners.erase(listener);
    break;
  }
  return promise;
}

bool RetrySupervisor::more_models(const Run& run) const {
  if (!run.draft.model.empty())
    return false;
  const auto& fallbacks = config_.settings(run.role).fallback_models;
  return std::any_of(fallbacks.begin(), fallbacks.end(), [&run](const std::string& model) {
    const bool tried =
        std::any_of(run.tried.begin(), run.tried.end(),
                    [&model](const std::string& other) { return same_model(model, other); });
    return !tried && !same_model(model, run.model);
  });
}

Run* RetrySupervisor::find_run(const RequestId& request) {
  const auto id = run_of_request_.find(request);
  if (id == run_of_request_.end())
    return nullptr;
  const auto run = runs_.find(id->second);
  return run == runs_.end() ? nullptr : &run->second;
}

Run* RetrySupervisor::at_step(const RequestId& run, std::uint64_t step) {
  const auto entry = runs_.find(run);
  return entry != runs_.end() && entry->second.step == step ? &entry->second : nullptr;
}

} // namespace nexus::llm
