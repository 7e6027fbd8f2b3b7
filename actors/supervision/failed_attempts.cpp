#include <algorithm>

#include "actors/streaming/streaming_actor.hpp"
#include "actors/supervision/retry_policy.hpp"
#include "actors/supervision/retry_supervisor.hpp"
#include "actors/supervision/running_model.hpp"
#include "config/model_name.hpp"

/// The part of the RetrySupervisor that carries out what follows a failed attempt.
namespace nexus::llm {

namespace {

/// Whether the model may hang: it gave not a byte to anybody in all the time that it had.
bool may_hang(ErrorCode code) { return code == ErrorCode::first_token_timeout; }

/// How the log names a run.
std::string label(const Run& run) {
  return "request " + (run.members.empty() ? run.id.value : run.members.front().id.value);
}

} // namespace

void RetrySupervisor::on_orphaned(Run& run) {
  const auto component = std::exchange(run.asked, std::nullopt)->component;
  const LLMError error{.code = ErrorCode::component_failed, .subject = components_[component].name};
  if (++run.component_failures > max_component_failures)
    return fail(run, error);
  switch (run.stage) {
  case Run::Stage::admitting:
    return admit(run, true);
  case Run::Stage::resolving:
    return resolve(run);
  case Run::Stage::sending:
    return attempt_failed(run, error);
  case Run::Stage::waiting:
    return try_again(run, Millis{0});
  case Run::Stage::concluding:
  case Run::Stage::finished:
    return;
  }
}

void RetrySupervisor::attempt_failed(Run& run, LLMError error) {
  error.model = run.model;
  error.attempts = run.attempts;
  if (info(error.code).retry == Retry::once)
    ++run.once_failures;
  run.last_error = error;
  // Of an attempt that was not even sent nothing can have been seen.
  if (run.stage != Run::Stage::sending || !run.request.stream || run.listeners.empty())
    return decide_after_failure(run, std::move(error), false);
  // Only the stream knows whether anything of this attempt was passed on.
  run.step = ++last_step_;
  auto proceed = [this, id = run.id, step = run.step, error](bool seen) {
    if (auto* current = at_step(id, step))
      decide_after_failure(*current, error, seen);
  };
  ask_watched(self_, streaming_, seen_atom_v, run.id)
      .then([proceed](bool seen) { proceed(seen); },
            [proceed](const caf::error& failure) {
              // A successor is given every stream anew, this one too.
              if (!is_death_of(StreamingActor::name, failure))
                proceed(true);
            });
}

void RetrySupervisor::decide_after_failure(Run& run, LLMError error, bool seen) {
  const auto decision =
      decide(error,
             {.attempts = run.attempts,
              .on_this_model = run.on_this_model,
              .once_failures = run.once_failures,
              .seen = seen,
              .restarted = run.restarted,
              .more_models = more_models(run),
              .before_break = circuit_opened_at_ && run.accepted < *circuit_opened_at_},
             config_, chance_.wait());
  using Next = RetryDecision::Next;
  const bool hangs = may_hang(error.code);
  if (hangs && decision.next != Next::retry)
    heal(run, [] {});
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
    log_(LogLevel::warning, what + "; falling back to another model");
    run.tried.push_back(run.model.empty() ? config_.model(run.role) : run.model);
    run.refresh_models = error.code == ErrorCode::model_not_found;
    return resolve(run);
  }
  ++stats.retries;
  log_(LogLevel::warning,
       what + "; trying again in " + std::to_string(decision.wait.count()) + " ms");
  if (decision.next == Next::restart)
    run.restarted = true;
  if (!hangs)
    return try_again(run, decision.wait);
  const auto step = begin_step(run, Run::Stage::waiting, client_component);
  heal(run, [this, id = run.id, step, wait = decision.wait] {
    if (auto* current = take_reply(id, step))
      try_again(*current, wait);
  });
}

void RetrySupervisor::try_again(Run& run, Millis wait) {
  run.stage = Run::Stage::waiting;
  run.step = ++last_step_;
  after(wait, [this, id = run.id, step = run.step] {
    if (auto* current = at_step(id, step))
      resolve(*current);
  });
}

void RetrySupervisor::heal(Run& run, std::function<void()> then) {
  std::erase_if(healed_at_,
                [this](const auto& healed) { return now() - healed.second >= config_.timeout; });
  if (run.healed || run.model.empty() || healed_at_.contains(run.model))
    return then();
  run.healed = true;
  healed_at_.emplace(run.model, now());
  ask_watched(self_, client_, running_models_atom_v)
      .then(
          [this, known = loaded_as(run), model = run.model, role = run.role,
           then](const RunningModels& running) {
            // One that is still being loaded does not hang.
            if (find_running(running, known) == nullptr)
              return then();
            log_(LogLevel::warning,
                 "the model " + model + " gave not a byte in its time; unloading it, it may hang");
            ++stats_of(role).healed;
            ask_watched(self_, client_, unload_model_atom_v, model)
                .then([then](Ack) { then(); },
                      [this, model, then](const caf::error& error) {
                        log_(LogLevel::warning,
                             "the model " + model + " could not be unloaded: " + describe(error));
                        then();
                      });
          },
          [then](const caf::error&) { then(); });
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

} // namespace nexus::llm
