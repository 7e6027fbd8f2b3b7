#include "actors/requests/request_actor.hpp"

#include <exception>

#include "actors/model_manager/choose_model.hpp"
#include "actors/model_manager/model_manager_actor.hpp"
#include "actors/model_manager/running_model.hpp"
#include "actors/ollama_client/ollama_client_actor.hpp"
#include "actors/ollama_client/request_validation.hpp"
#include "actors/requests/request_errors.hpp"
#include "actors/role/model_settings.hpp"
#include "actors/role/role_actor.hpp"
#include "actors/role/role_defaults.hpp"
#include "actors/streaming/streaming_actor.hpp"

namespace nexus::llm {

namespace {

/// A stream without an answer for so long may wait for its model to load.
constexpr std::chrono::milliseconds loading_probe_delay{500};
/// How often a load is looked at.
constexpr std::chrono::milliseconds loading_probe_interval{1000};

/// What followers get from a request that died. Its own name would mean that it never took them.
LLMError leader_lost() {
  return {.code = ErrorCode::component_failed, .subject = "the request that shared its answer"};
}

} // namespace

RequestActor::RequestActor(request_actor::pointer self, RequestParts parts)
    : self_{self}, parts_{std::move(parts)}, run_{"run-" + std::to_string(parts_.number)} {
  watcher_.attach(self_);
  // A component that throws sends its error back even for plain messages on CAF 1.x; its end is
  // what counts here.
  self_->set_error_handler([](const caf::error&) {});
}

RequestActor::~RequestActor() {
  const LLMError died{.code = ErrorCode::component_failed, .subject = name};
  if (!outcome_)
    conclude_badly(died);
  deliver_error(died);
}

request_actor::behavior_type RequestActor::make_behavior() {
  return {
      [this](submit_atom, AIRole, LLMRequest& request) {
        return submit(std::move(request), stream_subscriber{});
      },
      [this](submit_atom, AIRole, LLMRequest& request, stream_subscriber& subscriber) {
        return submit(std::move(request), std::move(subscriber));
      },
      [this](embed_atom, AIRole, EmbedRequest& request) { return embed(std::move(request)); },
      [this](cancel_atom) {
        const bool live = !is_over() && machine_->has_caller();
        take(Machine::Cancelled{});
        return live;
      },
      [this](replace_atom) { replace(); },
      [this](position_atom) { return position(); },
      [this](subscribe_atom, const RequestId& id, const stream_subscriber& subscriber) {
        return subscribe(id, subscriber);
      },
      [this](unsubscribe_atom, const RequestId& id, const stream_subscriber& subscriber) {
        return unsubscribe(id, subscriber);
      },
      [this](follow_atom, const RequestId& run, const RequestId& id,
             const std::vector<stream_subscriber>& subscribers) {
        return follow(run, id, subscribers);
      },
      [this](follow_atom) { taken_ = is_following(); },
      [this](unfollow_atom, const RequestId& run, const RequestId& id, const LLMError& error) {
        return unfollow(run, id, error);
      },
      [this](ComponentsPtr& components) { take(std::move(components)); },
      [this](finish_atom, const LLMError& error, bool streaming_alive) {
        close(error, streaming_alive);
      },
      [this](tick_atom, std::uint64_t id) {
        if (auto job = jobs_.extract(id); !job.empty())
          job.mapped()();
      },
      [this](abandoned_atom, const RequestId&) { on_abandoned(); },
      [this](seen_atom, const RequestId&, std::uint32_t attempt) {
        take(Machine::ChunkSeen{attempt});
      },
      [this](release_atom, const RequestId&, const RequestId& id,
             const stream_subscriber& subscriber) {
        // It must not be given another end by a StreamingActor that knows nothing of this one.
        stream_->note_gone(id, subscriber);
        update_interest();
      },
      [this](release_atom, const RequestId&) {
        stream_through_ = is_over();
        end_if_done();
      },
      [this](const RequestProgress& progress) {
        if (stream_)
          tell(self_, stream_->streaming(), run_, progress);
      },
  };
}

RequestActor::Promise<LLMResponse> RequestActor::submit(LLMRequest request,
                                                        stream_subscriber subscriber) {
  // Making the promise takes the sender out of the message.
  requester_ = self_->current_sender();
  promise_ = self_->make_response_promise<LLMResponse>();
  auto promise = promise_;
  draft_ = std::move(request);
  draft_.id = run_;
  if (subscriber) {
    stream_.emplace(run_, caf::actor_cast<caf::strong_actor_ptr>(self_));
    stream_->open(parts_.components->streaming, parts_.id, std::move(subscriber));
  }
  begin({.role = parts_.role,
         .name = parts_.id.value,
         .model = draft_.model,
         .stream = stream_.has_value()});
  return promise;
}

RequestActor::Promise<EmbedResponse> RequestActor::embed(EmbedRequest request) {
  requester_ = self_->current_sender();
  embed_promise_ = self_->make_response_promise<EmbedResponse>();
  auto promise = embed_promise_;
  if (request.model.empty())
    request.model = config().model(parts_.role);
  texts_ = with_model_settings(std::move(request), config());
  texts_->id = run_;
  begin({.role = parts_.role,
         .name = parts_.id.value,
         .model = texts_->model,
         .falls_back = false,
         .heals = false});
  return promise;
}

void RequestActor::begin(Machine::Order order) {
  if (requester_)
    watcher_.watch(requester_, [this](const caf::error&) {
      requester_ = nullptr;
      take(Machine::CallerGone{});
    });
  order_ = std::move(order);
  machine_.emplace(order_, parts_.accepted);
  perform(Machine::Count{{.role = parts_.role, .accepted = 1}});
  take(Machine::Begin{});
}

void RequestActor::take(const Machine::Event& event) noexcept {
  try {
    if (!machine_)
      return;
    if (faulty_)
      return on_event_while_faulty(event);
    if (parts_.before_event)
      parts_.before_event(event);
    for (const auto& action : machine_->on(event, config(), now(), parts_.chance.wait()))
      std::visit([this](const auto& which) { perform(which); }, action);
  } catch (const std::exception& fault) {
    on_fault(fault.what());
  } catch (...) {
    on_fault("an exception of unknown type");
  }
}

void RequestActor::on_event_while_faulty(const Machine::Event& event) {
  const bool ends = std::holds_alternative<Machine::CallerGone>(event) ||
                    std::holds_alternative<Machine::Cancelled>(event) ||
                    std::holds_alternative<Machine::End>(event) ||
                    std::holds_alternative<Machine::StreamLost>(event);
  if (ends)
    give_up("it was not wanted any more");
}

void RequestActor::on_fault(const std::string& what) {
  parts_.log(LogLevel::error, "the logic of request " + parts_.id.value + " failed: " + what);
  if (is_over() || begun_anew_)
    return give_up(what);
  begun_anew_ = true;
  if (!stream_ || machine_->attempts() == 0)
    return begin_anew(what);
  // Only the stream knows whether anything was passed on. Nothing else happens meanwhile.
  faulty_ = true;
  ask_watched(self_, stream_->streaming(), seen_atom_v, run_)
      .then(
          [this, what](bool seen) {
            faulty_ = false;
            if (seen)
              give_up(what);
            else
              begin_anew(what);
          },
          [this, what](const caf::error& error) {
            // Its successor is given the stream first, and then the end of it.
            if (!is_death_of(StreamingActor::name, error))
              give_up(what);
          });
}

void RequestActor::give_up(const std::string& what) {
  self_->quit(to_caf_error({.code = ErrorCode::component_failed, .subject = name, .detail = what}));
}

void RequestActor::begin_anew(const std::string& what) {
  tell(self_, parts_.components->health.handle,
       SupervisionEvent{SupervisionEvent::Kind::request_failed, parts_.id.value, what});
  const Machine::Predecessor before{machine_->step(), machine_->attempts()};
  anon_tell(client(), cancel_atom_v, run_);
  tell(self_, role(), release_atom_v, run_);
  machine_.emplace(order_, parts_.accepted, before);
  if (stream_)
    tell(self_, stream_->streaming(), restart_atom_v, run_, before.attempts + 1, false,
         LLMError{.code = ErrorCode::component_failed, .subject = name});
  take(Machine::Begin{.anew = true});
  update_interest();
}

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
    // The news of its successor is what counts.
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
    // Who has followers of its own leads them itself.
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
              // A queue that is full took nobody; every other error is the leader's own end.
              led_to_end_ = machine_->step() == step && failure.code != ErrorCode::queue_full;
              if (failure == leader_lost())
                reply(step, Machine::Lost{std::move(failure.subject)});
              else
                reply(step, Machine::Failed{std::move(failure)});
            }
          });
}

void RequestActor::perform(const Machine::Resolve& action) {
  // Most often the RoleActor has handed on what there is to know.
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
    // Another model has values of its own.
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

void RequestActor::perform(const Machine::AnswerCaller& action) {
  tell(self_, caf::actor_cast<request_owner>(parts_.owner), release_atom_v, parts_.number);
  answer_caller(action.error);
  if (stream_ && action.end_stream)
    stream_->end_for(parts_.id, action.error);
  forget_requester();
}

void RequestActor::perform(const Machine::Count& action) {
  // A flood must not flood the log as well.
  if (parts_.components->figures->add(action.figures))
    parts_.log(LogLevel::warning, "requests of the role " + std::string{to_string(parts_.role)} +
                                      " are rejected for overload, from now on without a line for "
                                      "each");
}

void RequestActor::perform(const Machine::Log& action) { parts_.log(action.level, action.text); }

void RequestActor::perform(const Machine::Conclude& action) {
  asked_.reset();
  outcome_ = action.outcome;
  // Before the answer: its caller may use the id again at once.
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
  if (promise_.pending())
    promise_.deliver(*response);
  if (stream_)
    end_stream(*outcome_);
  forget_requester();
  end_if_done();
}

void RequestActor::conclude_badly(const LLMError& error) {
  // In a destructor, too.
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
  requester_ = nullptr;
}

void RequestActor::answer_caller(const LLMError& error) {
  const bool has_text = stream_ && machine_ && machine_->seen() && error.partial.empty();
  if (!has_text || closing_ || !promise_.pending())
    return deliver_error(error);
  // What the subscriber has seen, its requester is told as well, and nothing else.
  ++errands_;
  auto deliver = [this, answer = error,
                  promise = std::exchange(promise_, {})](std::string text) mutable {
    answer.partial = std::move(text);
    promise.deliver(to_caf_error(answer));
    --errands_;
    end_if_done();
  };
  ask_watched(self_, stream_->streaming(), partial_atom_v, run_)
      .then([deliver](std::string& text) mutable { deliver(std::move(text)); },
            [deliver](const caf::error&) mutable { deliver({}); });
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
  // Where it followed another request, that one's stream tells the end.
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
  auto done = [this, leave](bool was_follower) {
    leave(was_follower);
    --errands_;
    end_if_done();
  };
  ask_watched(self_, leader_, unfollow_atom_v, run_, parts_.id, error)
      .then(done, [done](const caf::error&) { done(false); });
}

void RequestActor::forget_requester() {
  if (requester_)
    watcher_.forget(requester_);
  requester_ = nullptr;
}

void RequestActor::end_if_done() {
  if (is_over() && errands_ == 0 && (!stream_ || stream_through_))
    self_->quit();
}

caf::result<QueuePosition> RequestActor::position() {
  if (is_following())
    return forward_to(self_, leader_, position_atom_v);
  if (is_over())
    return to_caf_error(unknown_request(parts_.id));
  auto promise = self_->make_response_promise<QueuePosition>();
  ask_position(guard(promise, name));
  return promise;
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
            // The leader alone hears of its end.
            watcher_.watch(subscriber, [this, id, subscriber](const caf::error&) {
              stream_->note_gone(id, subscriber);
              if (requester_ == caf::actor_cast<caf::strong_actor_ptr>(subscriber))
                take(Machine::CallerGone{});
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
  // Those that share an answer count like those in the queue.
  if (followers_.size() >= limits.queue_length)
    return to_caf_error(
        {.code = ErrorCode::queue_full, .subject = std::string{to_string(parts_.role)}});
  // Where all cannot listen to one stream, it gets one of its own.
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
  // It is told through the stream, so that nothing follows its end.
  if (stream_)
    stream_->end_for(id, error);
  update_interest();
  return true;
}

void RequestActor::replace() {
  // Its subscriber goes on with the new request, and must hear no end of this one.
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
  // Somebody else may have come meanwhile.
  if (stream_->all_left())
    take(Machine::End{{.code = ErrorCode::cancelled, .detail = "nobody listens any more"}});
}

void RequestActor::take(ComponentsPtr components) {
  const auto before = std::exchange(parts_.components, std::move(components));
  if (!machine_)
    return;
  if (before->role(parts_.role).number != generation(Colleague::role))
    report_to_role();
  if (stream_ && stream_->generation() != parts_.components->streaming.number) {
    stream_->reopen(parts_.components->streaming, machine_->attempts() + 1);
    if (outcome_) {
      tell(self_, stream_->streaming(), restart_atom_v, run_, machine_->attempts(), true,
           LLMError{.code = ErrorCode::component_failed, .subject = StreamingActor::name});
      end_stream(*outcome_);
    } else {
      take(Machine::StreamLost{StreamingActor::name});
      on_abandoned();
    }
  }
  if (asked_ && asked_->step == machine_->step() && asked_->generation != generation(asked_->whom))
    reply(asked_->step, Machine::Lost{std::string{name_of(asked_->whom)}});
  for (const auto& job : std::exchange(at_next_components_, {}))
    job();
}

void RequestActor::report_to_role() {
  // One that waits to be admitted reports by asking again.
  if (machine_->stage() == Machine::Stage::admitting)
    return;
  if (is_over() || !machine_->holds_place())
    tell(self_, role(), release_atom_v, run_);
  else if (texts_)
    tell(self_, role(), adopt_atom_v, run_);
  else
    tell(self_, role(), adopt_atom_v, request_, caf::actor_cast<caf::strong_actor_ptr>(self_));
}

void RequestActor::once_replaced(std::uint64_t asked, Colleague whom, std::function<void()> job) {
  if (generation(whom) != asked)
    job();
  else
    at_next_components_.push_back(std::move(job));
}

void RequestActor::close(const LLMError& error, bool streaming_alive) {
  closing_ = true;
  take(Machine::End{error});
  if (!stream_ || stream_through_)
    return self_->quit();
  const auto* own = outcome_ ? std::get_if<LLMError>(&*outcome_) : nullptr;
  auto end_directly = [this, told = own != nullptr ? *own : error] {
    stream_->end_directly(told);
    self_->quit();
  };
  if (!streaming_alive)
    return end_directly();
  // It may have ended before it heard of this stream. Whoever was told has been released by then.
  ask_watched(self_, stream_->streaming(), seen_atom_v, run_)
      .then([this](bool) { self_->quit(); }, [end_directly](const caf::error&) { end_directly(); });
}

void RequestActor::after(Millis wait, std::function<void()> job) {
  jobs_.emplace(++last_job_, std::move(job));
  tell_after(self_, wait, request_actor{self_}, tick_atom_v, last_job_);
}

request_actor spawn_request(caf::actor_system& system, RequestParts parts) {
  return spawn_state<RequestActor>(system, std::move(parts));
}

} // namespace nexus::llm
