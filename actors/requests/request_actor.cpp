// SPDX-License-Identifier: BSD-3-Clause
#include "actors/requests/request_actor.hpp"

#include <exception>

#include "actors/requests/request_errors.hpp"
#include "actors/requests/run_id.hpp"
#include "actors/role/model_settings.hpp"
#include "actors/streaming/streaming_actor.hpp"

namespace nexus::llm {

RequestActor::RequestActor(request_actor::pointer self, RequestParts parts)
    : self_{self}, parts_{std::move(parts)}, run_{run_id(parts_.number)} {
  watcher_.attach(self_);
  // On CAF 1.x, a component that throws sends its error back even for one-way messages. Only its
  // termination matters here.
  self_->set_error_handler([](const caf::error&) {});
}

RequestActor::~RequestActor() {
  const LLMError died{.code = ErrorCode::component_failed, .subject = name};
  if (!outcome_)
    conclude_badly(died);
  // The partial text that the reply waited for will not arrive any more.
  deliver_error(late_error_.value_or(died));
  if (leaving_)
    finish_session(*leaving_);
  if (stream_ && !stream_through_)
    anon_tell(caf::actor_cast<request_owner>(parts_.owner),
              std::make_shared<const OrphanedStream>(stream_->orphaned(end_or(died))));
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
      [this](gone_atom) { take(Machine::CallerGone{}); },
      [this](replace_atom) { replace(); },
      [this](position_atom) { return position(); },
      [this](requests_atom) { return state_now(); },
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
        // A successor of the StreamingActor must not send it another final message.
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
  // Only the stream knows whether a chunk was passed on. Until it replies, other events are held
  // off.
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
            // The successor gets the stream first, and then its final message.
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
  // A run that waits for its admission reports by asking again.
  if (machine_->stage() == Machine::Stage::admitting)
    return;
  if (is_over() || !machine_->holds_place())
    tell(self_, role(), release_atom_v, run_);
  else if (texts_)
    tell(self_, role(), adopt_atom_v, run_);
  else
    tell(self_, role(), adopt_atom_v, request_, caf::actor_cast<caf::strong_actor_ptr>(self_));
}

void RequestActor::close(const LLMError& error, bool streaming_alive) {
  closing_ = true;
  take(Machine::End{error});
  if (!stream_ || stream_through_)
    return self_->quit();
  auto quit = [this] {
    stream_through_ = true;
    self_->quit();
  };
  auto end_directly = [this, quit, error] {
    stream_->orphaned(end_or(error)).end_directly();
    quit();
  };
  if (!streaming_alive)
    return end_directly();
  // The StreamingActor may have terminated before this stream was opened. Subscribers that got
  // their final message were released by then.
  ask_watched(self_, stream_->streaming(), seen_atom_v, run_)
      .then([quit](bool) { quit(); }, [end_directly](const caf::error&) { end_directly(); });
}

void RequestActor::after(Millis wait, std::function<void()> job) {
  jobs_.emplace(++last_job_, std::move(job));
  tell_after(self_, wait, request_actor{self_}, tick_atom_v, last_job_);
}

request_actor spawn_request(caf::actor_system& system, RequestParts parts) {
  return spawn_state<RequestActor>(system, std::move(parts));
}

} // namespace nexus::llm
