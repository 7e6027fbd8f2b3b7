// SPDX-License-Identifier: BSD-3-Clause
#include "actors/model_manager/choose_model.hpp"
#include "actors/model_manager/model_manager_actor.hpp"
#include "actors/model_manager/running_model.hpp"
#include "actors/ollama_client/ollama_client_actor.hpp"
#include "actors/ollama_client/request_validation.hpp"
#include "actors/requests/request_actor.hpp"
#include "actors/requests/request_errors.hpp"
#include "actors/role/role_actor.hpp"
#include "actors/role/role_defaults.hpp"
#include "actors/streaming/streaming_actor.hpp"

namespace nexus::llm {

namespace {

/// A stream without a chunk for this long may be waiting for its model to load.
constexpr std::chrono::milliseconds loading_probe_delay{500};
/// How often the progress of a load is checked.
constexpr std::chrono::milliseconds loading_probe_interval{1000};

} // namespace

void RequestActor::asks(Colleague whom, Step step) { asked_ = Asked{whom, generation(whom), step}; }

std::uint64_t RequestActor::generation(Colleague whom) const {
  const auto& components = *parts_.components;
  switch (whom) {
  case Colleague::role:
    return components.role(parts_.role).number;
  case Colleague::models:
    return components.models.number;
  case Colleague::client:
    break;
  }
  return components.client.number;
}

std::string_view RequestActor::name_of(Colleague whom) const {
  constexpr std::string_view names[] = {RoleActor::name, ModelManagerActor::name,
                                        OllamaClientActor::name};
  return names[static_cast<std::size_t>(whom)];
}

std::function<void(const caf::error&)> RequestActor::on_error(Step step,
                                                              std::string_view component) {
  return [this, step, component](const caf::error& error) {
    // The notification about its successor counts instead.
    if (!is_death_of(component, error))
      reply(step, Machine::Failed{to_llm_error(error)});
  };
}

void RequestActor::perform(const Machine::Admit& action) {
  leader_ = request_actor{};
  taken_ = false;
  asks(Colleague::role, action.step);
  const auto failed = on_error(action.step, RoleActor::name);
  if (texts_) {
    if (auto valid = validate(*texts_, config().limits); !valid)
      return reply(action.step, Machine::Failed{std::move(valid.error())});
    ask_watched(self_, role(), admit_atom_v, run_, parts_.number, action.again)
        .then([this, step = action.step](Ack) { reply(step, Machine::Admitted{}); }, failed);
    return;
  }
  auto wanted = draft_;
  wanted.bypass_cache = wanted.bypass_cache || action.alone;
  ask_watched(self_, role(), admit_atom_v, std::move(wanted), parts_.number, action.again,
              caf::actor_cast<caf::strong_actor_ptr>(self_))
      .then([this, step = action.step](Admission& admission) { on_admission(step, admission); },
            failed);
}

void RequestActor::on_admission(Step step, Admission& admission) {
  switch (admission.kind) {
  case Admission::Kind::run:
    if (machine_->step() == step) {
      request_ = std::move(admission.request);
      catalogue_ = std::move(admission.catalogue);
    }
    return reply(step, Machine::Admitted{});
  case Admission::Kind::cached:
    return reply(step, Machine::Cached{std::move(*admission.response)});
  case Admission::Kind::shared:
    // A request with followers cannot follow another one.
    if (!followers_.empty())
      return reply(step, Machine::Alone{});
    if (machine_->step() == step)
      leader_ = caf::actor_cast<request_actor>(admission.leader);
    return reply(step, Machine::Shared{});
  }
}

void RequestActor::perform(const Machine::Follow& action) {
  asked_.reset();
  auto subscribers = stream_ ? stream_->listening() : std::vector<stream_subscriber>{};
  ask_watched(self_, leader_, follow_atom_v, run_, parts_.id, std::move(subscribers))
      .then(
          [this, step = action.step](LLMResponse& response) {
            led_to_end_ = machine_->step() == step;
            reply(step, Machine::Answered{std::move(response)});
          },
          [this, step = action.step](const caf::error& error) {
            auto failure = to_llm_error(error);
            if (is_death_of(name, error) || failure.code == ErrorCode::unknown_request)
              reply(step, Machine::Missed{});
            else if (failure.code == ErrorCode::too_many_subscribers)
              reply(step, Machine::Alone{});
            else {
              // With `queue_full`, the leader rejected it; any other error is the leader's own
              // outcome.
              led_to_end_ = machine_->step() == step && failure.code != ErrorCode::queue_full;
              if (failure == leader_lost())
                reply(step, Machine::Lost{std::move(failure.subject)});
              else
                reply(step, Machine::Failed{std::move(failure)});
            }
          });
}

void RequestActor::perform(const Machine::Resolve& action) {
  // The RoleActor has usually sent the catalogue.
  if (catalogue_ && catalogue_->fresh(now()) && !action.refresh)
    if (auto model = choose_model(
            *catalogue_, models_for(parts_.role, order_.model, action.tried, config()), config()))
      return reply(action.step,
                   Machine::Resolved{std::move(model->name), std::move(model->digest)});
  asks(Colleague::models, action.step);
  ask_watched(self_, models(), resolve_atom_v, parts_.role, order_.model, action.tried,
              action.refresh)
      .then(
          [this, step = action.step](ResolvedModel& model) {
            reply(step, Machine::Resolved{std::move(model.name), std::move(model.digest)});
          },
          on_error(action.step, ModelManagerActor::name));
}

void RequestActor::perform(const Machine::Send& action) {
  const auto step = action.step;
  loading_ = false;
  asks(Colleague::client, step);
  const auto failed = on_error(step, OllamaClientActor::name);
  if (texts_) {
    texts_->model = action.model;
    ask_watched(self_, client(), embed_atom_v, *texts_)
        .then(
            [this, step](EmbedResponse& vectors) {
              if (machine_->step() == step)
                vectors_ = std::move(vectors);
              reply(step, Machine::Answered{});
            },
            failed);
    return;
  }
  if (request_.model != action.model) {
    // Another model has its own defaults.
    auto wanted = draft_;
    wanted.model = action.model;
    request_ = with_role_defaults(std::move(wanted), parts_.role, config());
  }
  request_.attempt = action.attempt;
  request_.digest = action.digest;
  auto answered = [this, step](LLMResponse& response) {
    reply(step, Machine::Answered{std::move(response)});
  };
  const bool chat = request_.kind == RequestKind::chat;
  if (!stream_) {
    if (chat)
      ask_watched(self_, client(), chat_atom_v, request_).then(answered, failed);
    else
      ask_watched(self_, client(), generate_atom_v, request_).then(answered, failed);
    return;
  }
  tell(self_, stream_->streaming(), run_,
       RequestProgress{.phase = Phase::sent, .attempt = action.attempt, .model = action.model});
  const chunk_sink sink = stream_->streaming();
  if (chat)
    ask_watched(self_, client(), chat_streaming_atom_v, request_, sink).then(answered, failed);
  else
    ask_watched(self_, client(), generate_streaming_atom_v, request_, sink).then(answered, failed);
  after(loading_probe_delay, [this, step] { probe_loading(step, false); });
}

void RequestActor::probe_loading(Step step, bool told) {
  if (machine_->step() != step || machine_->seen())
    return;
  ask_watched(self_, client(), running_models_atom_v)
      .then(
          [this, step, told](const RunningModels& running) {
            if (machine_->step() != step || machine_->seen())
              return;
            const bool loading = find_running(running, {.name = request_.model,
                                                        .digest = request_.digest}) == nullptr;
            loading_ = loading;
            if (loading != told)
              tell(self_, stream_->streaming(), run_,
                   RequestProgress{.phase = loading ? Phase::loading : Phase::sent,
                                   .attempt = machine_->attempts(),
                                   .model = request_.model});
            if (loading)
              after(loading_probe_interval, [this, step] { probe_loading(step, true); });
          },
          [](const caf::error&) {});
}

void RequestActor::perform(const Machine::Judge& action) {
  asked_.reset();
  ask_watched(self_, stream_->streaming(), seen_atom_v, run_)
      .then([this, step = action.step](bool seen) { reply(step, Machine::Judged{seen}); },
            on_error(action.step, StreamingActor::name));
}

void RequestActor::perform(const Machine::Heal& action) {
  if (action.step != 0)
    asks(Colleague::models, action.step);
  ++errands_;
  auto done = [this, step = action.step] {
    --errands_;
    if (step != 0)
      reply(step, Machine::Done{});
    end_if_done();
  };
  ask_watched(self_, models(), heal_atom_v,
              ResolvedModel{.name = action.model, .digest = action.digest})
      .then(
          [this, model = action.model, done](bool healed) {
            if (healed) {
              parts_.log(LogLevel::warning,
                         "the model " + model +
                             " gave not a byte in its time; unloaded it, since it may hang");
              perform(Machine::Count{{.role = parts_.role, .healed = 1}});
              tell(self_, parts_.components->health.handle,
                   SupervisionEvent{SupervisionEvent::Kind::model_healed, model, {}});
            }
            done();
          },
          [this, model = action.model, done](const caf::error& error) {
            if (is_death_of(ModelManagerActor::name, error)) {
              --errands_;
              return end_if_done();
            }
            parts_.log(LogLevel::warning,
                       "the model " + model + " could not be unloaded: " + describe(error));
            done();
          });
}

void RequestActor::perform(const Machine::Pause& action) {
  asked_.reset();
  after(action.wait, [this, step = action.step] { reply(step, Machine::Done{}); });
}

void RequestActor::perform(const Machine::Abort&) { anon_tell(client(), cancel_atom_v, run_); }

void RequestActor::perform(const Machine::RestartStream& action) {
  if (stream_)
    tell(self_, stream_->streaming(), restart_atom_v, run_, action.attempt, action.seen_is_void,
         action.reason);
}

void RequestActor::once_replaced(std::uint64_t asked, Colleague whom, std::function<void()> job) {
  if (generation(whom) != asked)
    job();
  else
    at_next_components_.push_back(std::move(job));
}

} // namespace nexus::llm
