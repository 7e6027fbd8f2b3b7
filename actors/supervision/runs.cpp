#include <algorithm>

#include "actors/role/role_defaults.hpp"
#include "actors/supervision/request_errors.hpp"
#include "actors/supervision/retry_supervisor.hpp"
#include "actors/supervision/running_model.hpp"
#include "config/model_name.hpp"

/// The part of the RetrySupervisor that leads requests through the system.
namespace nexus::llm {

namespace {

/// A stream without an answer for so long may wait for its model to load.
constexpr std::chrono::milliseconds loading_probe_delay{500};
/// How often a load is looked at.
constexpr std::chrono::milliseconds loading_probe_interval{1000};
/// An answer does not wait longer for what Ollama tells of its windows.
constexpr std::chrono::milliseconds window_deadline{1000};

std::chrono::microseconds between(Run::Time from, Run::Time to) {
  return std::chrono::duration_cast<std::chrono::microseconds>(to - from);
}

} // namespace

RetrySupervisor::Promise<LLMResponse> RetrySupervisor::submit(AIRole role, LLMRequest request,
                                                              stream_subscriber subscriber) {
  // Making the promise takes the sender out of the message.
  auto requester = self_->current_sender();
  auto promise = self_->make_response_promise<LLMResponse>();
  if (request.id.value.empty())
    request.id = chance_.id();
  const auto id = request.id;
  if (request.stream && !subscriber) {
    promise.deliver(to_caf_error(
        {.code = ErrorCode::invalid_argument, .subject = "a stream needs a subscriber"}));
    return promise;
  }
  if (!is_free(id, requester)) {
    promise.deliver(to_caf_error(id_in_use()));
    return promise;
  }
  const RequestId run_id{"run-" + std::to_string(++last_run_)};
  auto& run = runs_[run_id];
  run.id = run_id;
  run.number = last_run_;
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
  watch_requester(requester);
  ++stats_of(role).accepted;
  if (subscriber) {
    run.listeners.push_back({.id = id, .handle = std::move(subscriber), .late = false});
    open_stream(run);
  }
  admit(run);
  return promise;
}

std::uint64_t RetrySupervisor::begin_step(Run& run, Run::Stage stage, std::size_t component) {
  run.stage = stage;
  run.asked = {component, components_[component].restarts};
  return run.step = ++last_step_;
}

Run* RetrySupervisor::take_reply(const RequestId& id, std::uint64_t step) {
  auto* run = at_step(id, step);
  if (run != nullptr)
    run->asked.reset();
  return run;
}

void RetrySupervisor::admit(Run& run, bool again) {
  const auto component = first_role_component + index_of(run.role);
  const auto step = begin_step(run, Run::Stage::admitting, component);
  ask_watched(self_, worker_of(run.role), admit_atom_v, run.draft, run.number, again)
      .then(
          [this, id = run.id, step](Admission& admission) {
            if (auto* current = take_reply(id, step))
              on_admission(*current, std::move(admission));
          },
          [this, id = run.id, step, component](const caf::error& error) {
            if (is_death_of(components_[component].actor_name, error))
              return;
            if (auto* current = take_reply(id, step))
              fail(*current, to_llm_error(error));
          });
}

void RetrySupervisor::on_admission(Run& run, Admission admission) {
  switch (admission.kind) {
  case Admission::Kind::run:
    overloaded_ = false;
    run.request = std::move(admission.request);
    resolve(run);
    break;
  case Admission::Kind::cached: {
    ++stats_of(run.role).cache_hits;
    auto response = std::move(*admission.response);
    response.provenance = {.attempts = 0,
                           .cached = true,
                           .prompt_truncated = response.provenance.prompt_truncated,
                           .cut_by_length = response.provenance.cut_by_length};
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
  // Requests that share a run wait like those in the queue.
  if (leader.members.size() > config_.limits.queue_length)
    return fail(run, {.code = ErrorCode::queue_full, .subject = std::string{to_string(run.role)}});
  // Where all cannot listen to one stream, it gets one of its own.
  if (leader.listeners.size() + run.listeners.size() > config_.limits.max_subscribers) {
    run.draft.bypass_cache = true;
    return admit(run);
  }
  ++stats_of(run.role).shared;
  for (auto& member : run.members) {
    member.shared = true;
    run_of_request_[member.id] = leader.id;
    leader.members.push_back(std::move(member));
  }
  for (auto& listener : run.listeners) {
    anon_tell(streaming_, unsubscribe_atom_v, run.id, listener.id, listener.handle);
    anon_tell(streaming_, subscribe_atom_v, leader.id, listener.id, listener.handle);
    add_listener(leader, std::move(listener));
  }
  // Nobody listens to the stream of the follower any more: this only clears it away.
  tell(self_, streaming_, finish_atom_v, run.id, LLMError{.code = ErrorCode::cancelled});
  runs_.erase(run.id);
}

void RetrySupervisor::resolve(Run& run) {
  const auto step = begin_step(run, Run::Stage::resolving, models_component);
  ask_watched(self_, models_, resolve_atom_v, run.role, run.draft.model, run.tried,
              std::exchange(run.refresh_models, false))
      .then(
          [this, id = run.id, step](ResolvedModel& model) {
            auto* current = take_reply(id, step);
            if (current == nullptr)
              return;
            current->digest = std::move(model.digest);
            if (current->model != model.name) {
              current->model = std::move(model.name);
              current->on_this_model = 0;
              current->once_failures = 0;
            }
            send(*current);
          },
          [this, id = run.id, step](const caf::error& error) {
            if (is_death_of(components_[models_component].actor_name, error))
              return;
            auto* current = take_reply(id, step);
            if (current == nullptr)
              return;
            auto failure = to_llm_error(error);
            // No fallback is there: what made one necessary says more.
            if ((failure.code == ErrorCode::model_not_found ||
                 failure.code == ErrorCode::remote_model_refused) &&
                current->last_error)
              return fail(*current, *current->last_error);
            ++current->attempts;
            ++current->on_this_model;
            attempt_failed(*current, std::move(failure));
          });
}

void RetrySupervisor::send(Run& run) {
  const auto step = begin_step(run, Run::Stage::sending, client_component);
  ++run.attempts;
  ++run.on_this_model;
  run.seen = false;
  if (run.request.model != run.model) {
    // Another model has values of its own.
    auto wanted = run.draft;
    wanted.model = run.model;
    run.request = with_role_defaults(std::move(wanted), run.role, config_);
  }
  run.request.attempt = run.attempts;
  if (run.first_sent == Run::Time{})
    run.first_sent = now();
  const auto& used = client_;
  auto on_success = [this, id = run.id, step](LLMResponse& response) {
    if (auto* current = take_reply(id, step))
      on_answer(*current, std::move(response));
  };
  auto on_error = [this, id = run.id, step](const caf::error& error) {
    if (is_death_of(components_[client_component].actor_name, error))
      return;
    if (auto* current = take_reply(id, step))
      attempt_failed(*current, to_llm_error(error));
  };
  const bool chat = run.request.kind == RequestKind::chat;
  if (!run.request.stream) {
    if (chat)
      ask_watched(self_, used, chat_atom_v, run.request).then(on_success, on_error);
    else
      ask_watched(self_, used, generate_atom_v, run.request).then(on_success, on_error);
    return;
  }
  tell(self_, streaming_, run.id,
       RequestProgress{.phase = Phase::sent, .attempt = run.attempts, .model = run.model});
  const chunk_sink sink = streaming_;
  if (chat)
    ask_watched(self_, used, chat_streaming_atom_v, run.request, sink).then(on_success, on_error);
  else
    ask_watched(self_, used, generate_streaming_atom_v, run.request, sink)
        .then(on_success, on_error);
  after(loading_probe_delay, [this, id = run.id, step] {
    if (auto* current = at_step(id, step))
      probe_loading(*current, false);
  });
}

void RetrySupervisor::probe_loading(Run& run, bool told) {
  ask_watched(self_, client_, running_models_atom_v)
      .then(
          [this, id = run.id, step = run.step, told](const RunningModels& running) {
            auto* current = at_step(id, step);
            if (current == nullptr || current->seen)
              return;
            const bool loading = find_running(running, loaded_as(*current)) == nullptr;
            if (loading != told)
              tell(self_, streaming_, id,
                   RequestProgress{.phase = loading ? Phase::loading : Phase::sent,
                                   .attempt = current->attempts,
                                   .model = current->model});
            if (loading)
              after(loading_probe_interval, [this, id, step] {
                if (auto* waiting = at_step(id, step))
                  probe_loading(*waiting, true);
              });
          },
          [](const caf::error&) {});
}

void RetrySupervisor::on_answer(Run& run, LLMResponse response) {
  if (!audit_.needs_window(run.request, response.stats, now()))
    return succeed(run, std::move(response));
  run.stage = Run::Stage::concluding;
  const auto step = run.step = ++last_step_;
  auto conclude = [this, id = run.id, step,
                   response = std::move(response)](const RunningModels& running) {
    auto* current = at_step(id, step);
    if (current == nullptr)
      return;
    const auto* model = find_running(running, loaded_as(*current));
    audit_.note_window(current->request, model != nullptr ? model->context_length : 0, now());
    succeed(*current, response);
  };
  ask_watched(self_, client_, running_models_atom_v).then(conclude, [conclude](const caf::error&) {
    conclude({});
  });
  after(window_deadline, [conclude] { conclude({}); });
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
    provenance.prompt_truncated = audit_.was_cut(run.request, response.stats, now());
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
  // A flood must not flood the log as well.
  if (kind == ErrorCategory::overload && !std::exchange(overloaded_, true))
    log_(LogLevel::warning,
         "requests are rejected, from now on without a line for each: " + log_line(error));
  if (kind != ErrorCategory::cancelled && kind != ErrorCategory::validation &&
      kind != ErrorCategory::overload && !run.members.empty())
    log_(LogLevel::error,
         "request " + run.members.front().id.value + " failed: " + log_line(error));
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
  run.asked.reset();
  run.stage = Run::Stage::finished;
  run.step = ++last_step_;
  // A stream is kept until all of its subscribers have their end.
  if (run.listeners.empty())
    runs_.erase(run.id);
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
