#include <algorithm>

#include "actors/ollama_client/request_validation.hpp"
#include "actors/role/batch_actor.hpp"
#include "actors/role/model_settings.hpp"
#include "actors/streaming/streaming_actor.hpp"
#include "actors/supervision/request_errors.hpp"
#include "actors/supervision/retry_supervisor.hpp"

/// The part of the RetrySupervisor that deals with those who wait for answers and listen to
/// streams.
namespace nexus::llm {

namespace {

/// How often a question to a component that keeps dying is asked again.
constexpr std::uint32_t max_tries = 4;

} // namespace

bool RetrySupervisor::is_free(const RequestId& id, const caf::strong_actor_ptr& requester) {
  auto* run = find_run(id);
  if (run == nullptr && !embeddings_.contains(id))
    return true;
  // A client whose connection broke unnoticed by this side sends what it had asked again.
  const bool remote = requester && requester->node() != self_->system().node();
  if (!remote)
    return false;
  if (run == nullptr)
    return embeddings_.contains(id, caf::actor_cast<caf::actor_addr>(requester)) && cancel(id);
  const auto member = std::ranges::find_if(run->members, [&](const auto& each) {
    return each.id == id && each.requester &&
           caf::actor_cast<caf::actor_addr>(each.requester) ==
               caf::actor_cast<caf::actor_addr>(requester);
  });
  if (member == run->members.end())
    return false;
  // Its subscriber goes on with the new run, and must hear no end of the old one.
  for (std::size_t index = run->listeners.size(); index-- > 0;)
    if (const auto listener = run->listeners[index];
        listener.id == id && !listener.late && !listener.left) {
      anon_tell(streaming_, unsubscribe_atom_v, run->id, id, listener.handle);
      let_go(run->listeners, run->listeners.begin() + static_cast<std::ptrdiff_t>(index));
    }
  member->promise.deliver(to_caf_error({.code = ErrorCode::cancelled}));
  ++stats_of(run->role).cancelled;
  remove_member(*run, static_cast<std::size_t>(member - run->members.begin()));
  cancel_if_unwanted(*run);
  return true;
}

caf::result<EmbedResponse> RetrySupervisor::embed(AIRole role, EmbedRequest request) {
  auto requester = self_->current_sender();
  if (request.id.value.empty())
    request.id = chance_.id();
  if (!is_free(request.id, requester))
    return to_caf_error(id_in_use());
  if (request.model.empty())
    request.model = config_.model(role);
  request = with_model_settings(std::move(request), config_);
  if (auto valid = validate(request, config_.limits); !valid)
    return to_caf_error(std::move(valid.error()));
  using Calls = Relay<ollama_client_actor>;
  Calls::Origin origin{.id = request.id,
                       .requester = caf::actor_cast<caf::actor_addr>(requester),
                       .on_end = [this, requester] { forget_requester(requester); }};
  watch_requester(requester);
  // The model is looked up first: nothing of a text may go to one that runs elsewhere.
  auto put = [this, role, request](const ollama_client_actor& client, const Calls::Wanted& wanted,
                                   auto on_answer, auto on_error) {
    ask_watched(self_, models_, resolve_atom_v, role, request.model, std::vector<std::string>{},
                false)
        .then(
            [this, request, client, wanted, on_answer, on_error](const ResolvedModel&) {
              if (!wanted())
                return;
              ask_watched(self_, client, embed_atom_v, request)
                  .then(
                      [request, on_answer](EmbedResponse& response) mutable {
                        response.truncated = PromptAudit::was_cut(request, response);
                        on_answer(response);
                      },
                      on_error);
            },
            // The end of the ModelManagerActor must not pass for that of the client.
            [on_error](const caf::error& error) { on_error(to_caf_error(to_llm_error(error))); });
  };
  return embeddings_.pass_by<EmbedResponse>(self_, std::move(origin), Calls::Repeat::always,
                                            std::move(put));
}

caf::result<BatchResponse> RetrySupervisor::batch(AIRole role, std::vector<std::string> prompts,
                                                  GenerateOptions options) {
  if (auto wrong = check_batch(prompts, config_.limits))
    return to_caf_error(std::move(*wrong));
  if (options.id.value.empty())
    options.id = chance_.id();
  std::erase_if(batches_, [](const auto& batch) {
    return !caf::actor_cast<caf::strong_actor_ptr>(batch.second);
  });
  if (batches_.contains(options.id))
    return to_caf_error(id_in_use());
  auto actor =
      spawn_batch(self_->system(), facades_->roles[index_of(role)], config_.limits.max_concurrent);
  batches_.emplace(options.id, caf::actor_cast<caf::weak_actor_ptr>(actor));
  return forward_to(self_, actor, batch_atom_v, std::move(prompts), std::move(options));
}

bool RetrySupervisor::cancel(const RequestId& id) {
  if (id.value.empty())
    return false;
  if (cancel_one(id))
    return true;
  if (embeddings_.cancel(id)) {
    anon_tell(client_, cancel_atom_v, id);
    return true;
  }
  const auto found = batches_.find(id);
  const auto batch =
      found == batches_.end() ? batch_actor{} : caf::actor_cast<batch_actor>(found->second);
  if (!batch)
    return false;
  batches_.erase(found);
  anon_tell(batch, cancel_atom_v);
  return true;
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
      // It is told through the stream, so that nothing follows its end.
      for (auto& listener : run->listeners)
        if (listener.id == id && !listener.left) {
          listener.end = error;
          anon_tell(streaming_, unsubscribe_atom_v, run->id, id, listener.handle, error);
        }
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

void RetrySupervisor::watch_requester(const caf::strong_actor_ptr& requester) {
  const auto address = caf::actor_cast<caf::actor_addr>(requester);
  if (requester && requesters_[address]++ == 0)
    watcher_.watch(requester, [this, address](const caf::error&) { on_requester_down(address); });
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

void RetrySupervisor::on_requester_down(const caf::actor_addr& requester) {
  requesters_.erase(requester);
  for (const auto& id : embeddings_.abandon(requester))
    anon_tell(client_, cancel_atom_v, id);
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
    if (entry != runs_.end())
      cancel_if_unwanted(entry->second);
  }
}

void RetrySupervisor::cancel_if_unwanted(Run& run) {
  if (run.stage == Run::Stage::finished || !run.members.empty())
    return;
  const bool others = std::ranges::any_of(
      run.listeners, [](const auto& listener) { return listener.late && !listener.left; });
  if (!others)
    fail(run, {.code = ErrorCode::cancelled, .detail = "its requester is gone"});
}

void RetrySupervisor::open_stream(Run& run) {
  run.stream_generation = components_[streaming_component].restarts;
  tell(self_, streaming_, open_atom_v, run.id, run.attempts + 1);
  for (const auto& listener : run.listeners) {
    if (listener.left)
      continue;
    anon_tell(streaming_, subscribe_atom_v, run.id, listener.id, listener.handle);
    if (listener.end)
      anon_tell(streaming_, unsubscribe_atom_v, run.id, listener.id, listener.handle,
                *listener.end);
  }
}

void RetrySupervisor::end_streams_directly() {
  const auto generation = components_.empty() ? 0 : components_[streaming_component].restarts;
  for (const auto& [id, run] : runs_) {
    if (streaming_alive_ && run.stream_generation == generation)
      continue;
    const auto error = run.error.value_or(LLMError{.code = ErrorCode::shutting_down});
    for (const auto& listener : run.listeners)
      if (!listener.left)
        anon_tell(listener.handle, StreamError{listener.id, listener.end.value_or(error)});
  }
}

void RetrySupervisor::on_abandoned(const RequestId& run) {
  const auto entry = runs_.find(run);
  if (entry == runs_.end() || entry->second.stage == Run::Stage::finished)
    return;
  // Somebody else has come meanwhile.
  if (!std::ranges::all_of(entry->second.listeners, &Run::Listener::left))
    return;
  fail(entry->second, {.code = ErrorCode::cancelled, .detail = "nobody listens any more"});
}

void RetrySupervisor::on_listener_released(const RequestId& run, const RequestId& id,
                                           const stream_subscriber& subscriber) {
  const auto entry = runs_.find(run);
  if (entry == runs_.end())
    return;
  // It must not be given another end by a StreamingActor that knows nothing of this one.
  auto& listeners = entry->second.listeners;
  const auto listener = std::ranges::find_if(
      listeners, [&](const auto& other) { return other.id == id && other.handle == subscriber; });
  if (listener != listeners.end())
    let_go(listeners, listener);
  // It may have been the last one for whom the stream went on.
  cancel_if_unwanted(entry->second);
}

void RetrySupervisor::add_listener(Run& run, Run::Listener listener) {
  const auto known = std::ranges::find_if(run.listeners, [&listener](const auto& other) {
    return other.id == listener.id && other.handle == listener.handle;
  });
  if (known == run.listeners.end())
    run.listeners.push_back(std::move(listener));
  else if (known->left)
    *known = std::move(listener);
}

void RetrySupervisor::let_go(std::vector<Run::Listener>& listeners,
                             std::vector<Run::Listener>::iterator listener) {
  // The last one stays noted, so that the end of the stream is told and cleared away.
  if (listeners.size() > 1)
    listeners.erase(listener);
  else
    listener->left = true;
}

void RetrySupervisor::on_stream_released(const RequestId& run) {
  const auto entry = runs_.find(run);
  if (entry != runs_.end() && entry->second.stage == Run::Stage::finished)
    runs_.erase(entry);
}

void RetrySupervisor::on_streaming_replaced() {
  const auto generation = components_[streaming_component].restarts;
  std::vector<RequestId> streams;
  for (const auto& [id, run] : runs_)
    if (!run.listeners.empty() && run.stream_generation < generation)
      streams.push_back(id);
  const LLMError reason{.code = ErrorCode::component_failed, .subject = StreamingActor::name};
  for (const auto& id : streams) {
    auto& run = runs_.at(id);
    open_stream(run);
    if (run.stage != Run::Stage::finished &&
        std::ranges::all_of(run.listeners, &Run::Listener::left)) {
      on_abandoned(id);
      continue;
    }
    // Its answer is there already, and is told as a whole when the run is finished.
    if (run.stage == Run::Stage::concluding) {
      tell(self_, streaming_, restart_atom_v, id, run.attempts, true, reason);
      continue;
    }
    if (run.stage == Run::Stage::finished) {
      tell(self_, streaming_, restart_atom_v, id, run.attempts, true, reason);
      if (run.response)
        tell(self_, streaming_, finish_atom_v, id, *run.response);
      else
        tell(self_, streaming_, finish_atom_v, id, run.error.value_or(reason));
      continue;
    }
    if (run.stage != Run::Stage::sending) {
      // Its predecessor may not have come to tell it.
      if (run.restarted)
        tell(self_, streaming_, restart_atom_v, id, run.attempts + 1, true,
             run.last_error.value_or(reason));
      continue;
    }
    // The pieces of this attempt are lost with the old stream.
    anon_tell(client_, cancel_atom_v, id);
    const bool once_too_often = run.seen && run.restarted;
    if (once_too_often || ++run.component_failures > max_component_failures) {
      fail(run, reason);
      continue;
    }
    run.restarted = run.restarted || run.seen;
    run.last_error = reason;
    tell(self_, streaming_, restart_atom_v, id, run.attempts + 1, run.restarted, reason);
    resolve(run);
  }
}

RetrySupervisor::Promise<QueuePosition> RetrySupervisor::position(const RequestId& id) {
  auto promise = self_->make_response_promise<QueuePosition>();
  ask_position(id, guard(promise, name), 1);
  return promise;
}

void RetrySupervisor::ask_position(const RequestId& id,
                                   std::shared_ptr<GuardedAnswer<QueuePosition>> answer,
                                   std::uint32_t tries) {
  const auto* run = find_run(id);
  if (run == nullptr)
    return answer->fail(to_caf_error(unknown_request(id)));
  ask_watched(self_, worker_of(run->role), position_atom_v, run->id)
      .then([answer](const QueuePosition& place) { answer->deliver(place); },
            [this, id, answer, tries, role = run->role](caf::error& error) {
              if (!is_death_of(role_component(role).actor_name, error) || tries == max_tries)
                return answer->fail(std::move(error));
              after(Millis{0}, [this, id, answer, tries] { ask_position(id, answer, tries + 1); });
            });
}

RetrySupervisor::Promise<Ack> RetrySupervisor::subscribe(const RequestId& id,
                                                         const stream_subscriber& subscriber) {
  auto promise = self_->make_response_promise<Ack>();
  join_stream(id, subscriber, guard(promise, name), 1);
  return promise;
}

void RetrySupervisor::join_stream(const RequestId& id, const stream_subscriber& subscriber,
                                  std::shared_ptr<GuardedAnswer<Ack>> answer, std::uint32_t tries) {
  auto* run = find_run(id);
  if (run == nullptr)
    return answer->fail(to_caf_error(unknown_request(id)));
  if (run->listeners.empty())
    return answer->fail(to_caf_error(no_stream(id)));
  ask_watched(self_, streaming_, subscribe_atom_v, run->id, id, subscriber)
      .then(
          [this, answer, run_id = run->id, id, subscriber](Ack) {
            if (const auto entry = runs_.find(run_id); entry != runs_.end())
              add_listener(entry->second, {.id = id, .handle = subscriber, .late = true});
            answer->deliver(Ack{});
          },
          [this, answer, id, subscriber, tries](caf::error& error) {
            // A successor may not have been given the stream yet.
            const bool gone = is_death_of(StreamingActor::name, error) ||
                              to_llm_error(error).code == ErrorCode::unknown_request;
            if (!gone || tries == max_tries)
              return answer->fail(std::move(error));
            after(Millis{0}, [this, id, subscriber, answer, tries] {
              join_stream(id, subscriber, answer, tries + 1);
            });
          });
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
    anon_tell(streaming_, unsubscribe_atom_v, run_id, id, subscriber);
    let_go(run.listeners, listener);
    break;
  }
  return promise;
}

} // namespace nexus::llm
