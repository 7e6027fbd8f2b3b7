// SPDX-License-Identifier: BSD-3-Clause
#include "actors/supervision/request_registry.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "actors/ollama_client/request_validation.hpp"
#include "actors/requests/orphaned_stream.hpp"
#include "actors/requests/request_errors.hpp"

namespace nexus::llm {

RequestRegistry::RequestRegistry(supervisor_internal::pointer self, RequestRegistryParts parts,
                                 const ChildSet& children, Watcher& watcher)
    : self_{self}, parts_{std::move(parts)}, children_{children}, watcher_{watcher} {}

caf::result<LLMResponse> RequestRegistry::submit(AIRole role, LLMRequest& request) {
  if (request.stream)
    return to_caf_error(a_stream_needs_a_subscriber());
  auto actor = accept(role, request.id);
  if (!actor)
    return to_caf_error(std::move(actor.error()));
  return forward_to(self_, *actor, submit_atom_v, role, std::move(request));
}

caf::result<LLMResponse> RequestRegistry::submit(AIRole role, LLMRequest& request,
                                                 stream_subscriber& subscriber) {
  if (!subscriber)
    return to_caf_error(a_stream_needs_a_subscriber());
  auto actor = accept(role, request.id);
  if (!actor) {
    anon_tell(subscriber, StreamError{request.id, actor.error()});
    return to_caf_error(std::move(actor.error()));
  }
  return forward_to(self_, *actor, submit_atom_v, role, std::move(request), std::move(subscriber));
}

caf::result<EmbedResponse> RequestRegistry::embed(AIRole role, EmbedRequest& request) {
  auto actor = accept(role, request.id);
  if (!actor)
    return to_caf_error(std::move(actor.error()));
  return forward_to(self_, *actor, embed_atom_v, role, std::move(request));
}

caf::result<BatchResponse> RequestRegistry::batch(AIRole role, std::vector<std::string>& prompts,
                                                  GenerateOptions& options) {
  if (!is_known(role))
    return to_caf_error(no_such_role());
  const auto& limits = children_.config().limits;
  if (auto wrong = check_batch(prompts, limits))
    return to_caf_error(std::move(*wrong));
  const auto& requester = self_->current_sender();
  if (auto free = take_id(options.id, requester); !free)
    return to_caf_error(std::move(free.error()));
  const auto number = ++last_number_;
  auto actor =
      spawn_batch(self_->system(), parts_.handles.roles[role], limits.max_concurrent,
                  [owner = caf::actor_cast<caf::weak_actor_ptr>(self_), number] {
                    if (const auto alive = owner.lock())
                      anon_tell(caf::actor_cast<request_owner>(alive), release_atom_v, number);
                  });
  live_.add(number, {.id = options.id,
                     .role = role,
                     .request = {},
                     .batch = actor,
                     .requester = caf::actor_cast<caf::actor_addr>(requester),
                     .accepted = self_->clock().now()});
  const auto address = caf::actor_cast<caf::actor_addr>(actor);
  batches_.insert(address);
  watcher_.watch(actor, [this, number, address](const caf::error&) {
    live_.erase(number);
    batches_.erase(address);
    on_requester_down(address);
  });
  return forward_to(self_, actor, batch_atom_v, std::move(prompts), std::move(options));
}

template <class T, class... Ts>
caf::typed_response_promise<T> RequestRegistry::pass(const request_actor& request,
                                                     Result<T> if_ended, Ts... message) {
  auto promise = self_->make_response_promise<T>();
  const auto answer = guard(promise, parts_.owner);
  ask_watched(self_, request, std::move(message)...)
      .then([answer](const T& value) { answer->deliver(value); },
            [answer, if_ended](caf::error& error) {
              if (!is_death_of(RequestActor::name, error))
                answer->fail(std::move(error));
              else if (if_ended)
                answer->deliver(*if_ended);
              else
                answer->fail(to_caf_error(if_ended.error()));
            });
  return promise;
}

caf::result<bool> RequestRegistry::cancel(const RequestId& id) {
  const auto* live = live_.find(id);
  if (live == nullptr)
    return false;
  if (live->request)
    return pass<bool>(live->request, false, cancel_atom_v);
  anon_tell(live->batch, cancel_atom_v);
  return true;
}

caf::result<QueuePosition> RequestRegistry::position(const RequestId& id) {
  const auto* live = live_.find(id);
  if (live == nullptr || !live->request)
    return to_caf_error(unknown_request(id));
  return pass<QueuePosition>(live->request, failure(unknown_request(id)), position_atom_v);
}

caf::result<RunningRequests> RequestRegistry::running(AIRole role) {
  if (!is_known(role))
    return to_caf_error(no_such_role());
  struct Gathered {
    std::uint64_t total = 0;
    std::vector<std::optional<RunningRequest>> requests; ///< those that have told their state
    std::size_t left = 1;
  };
  const auto gathered = std::make_shared<Gathered>();
  auto promise = self_->make_response_promise<RunningRequests>();
  // Each question gets exactly one answer or error; the last one completes the result.
  const auto arrived = [gathered, owed = guard(promise, parts_.owner)] {
    if (--gathered->left > 0)
      return;
    RunningRequests running{.total = gathered->total};
    for (auto& request : gathered->requests)
      if (request)
        running.requests.push_back(std::move(*request));
    // The others were answered in the meantime.
    running.total -= gathered->requests.size() - running.requests.size();
    owed->deliver(std::move(running));
  };
  live_.each([&](const LiveRequests::Entry& live) {
    if (live.role != role || live.answered || ++gathered->total > RunningRequests::most)
      return;
    auto& requests = gathered->requests;
    const auto index = requests.size();
    requests.emplace_back();
    if (!live.request) {
      requests.back() = RunningRequest{.id = live.id,
                                       .role = role,
                                       .task = Task::batch,
                                       .phase = Phase::sent,
                                       .age = std::chrono::duration_cast<std::chrono::milliseconds>(
                                           self_->clock().now() - live.accepted)};
      return;
    }
    ++gathered->left;
    ask_watched(self_, live.request, requests_atom_v)
        .then(
            [gathered, arrived, index](RunningRequest& state) {
              gathered->requests[index] = std::move(state);
              arrived();
            },
            [arrived](const caf::error&) { arrived(); });
  });
  arrived();
  return promise;
}

caf::result<Ack> RequestRegistry::subscribe(const RequestId& id,
                                            const stream_subscriber& subscriber) {
  const auto* live = live_.find(id);
  if (live == nullptr || !live->request)
    return to_caf_error(unknown_request(id));
  return pass<Ack>(live->request, failure(unknown_request(id)), subscribe_atom_v, id, subscriber);
}

void RequestRegistry::unsubscribe(const RequestId& id, const stream_subscriber& subscriber) const {
  const auto* live = live_.find_any(id);
  if (live != nullptr && live->request)
    anon_tell(live->request, unsubscribe_atom_v, id, subscriber);
}

Result<request_actor> RequestRegistry::accept(AIRole role, RequestId& id) {
  if (!is_known(role))
    return failure(no_such_role());
  const auto& requester = self_->current_sender();
  if (auto free = take_id(id, requester); !free)
    return failure(std::move(free.error()));
  const auto number = ++last_number_;
  auto actor = parts_.factories->request(self_->system(),
                                         {.id = id,
                                          .number = number,
                                          .role = role,
                                          .accepted = self_->clock().now(),
                                          .components = children_.components(),
                                          .owner = caf::actor_cast<caf::strong_actor_ptr>(self_),
                                          .chance = parts_.chance,
                                          .log = parts_.log});
  live_.add(number, {.id = id,
                     .role = role,
                     .request = actor,
                     .batch = {},
                     .requester = caf::actor_cast<caf::actor_addr>(requester)});
  if (requester)
    watch_requester(requester, number);
  // Keeps the admission in the order of arrival.
  tell(self_, children_.components()->role(role).handle, announce_atom_v, run_id(number), number);
  watcher_.watch(actor,
                 [this, number](const caf::error& reason) { on_request_down(number, reason); });
  return actor;
}

Result<void> RequestRegistry::take_id(RequestId& id, const caf::strong_actor_ptr& requester) {
  const bool remote = requester && requester->node() != self_->system().node();
  if (draining_ && remote)
    return failure(ErrorCode::shutting_down, "", std::string{node_drains});
  if (id.value.empty())
    id = parts_.chance.id();
  if (auto valid = check_id(id); !valid)
    return valid;
  const auto* live = live_.find(id);
  if (live == nullptr)
    return {};
  // A client whose connection broke without this side noticing sends its requests again.
  const bool same = remote && live->requester == caf::actor_cast<caf::actor_addr>(requester);
  if (!same || !live->request)
    return failure(id_in_use());
  anon_tell(live->request, replace_atom_v);
  return {};
}

void RequestRegistry::release(std::uint64_t number) {
  live_.release(number);
  if (const auto requester = requesters_.remove(number); requester && !batches_.contains(requester))
    watcher_.forget(requester);
}

void RequestRegistry::watch_requester(const caf::strong_actor_ptr& requester,
                                      std::uint64_t number) {
  const auto address = caf::actor_cast<caf::actor_addr>(requester);
  if (requesters_.add(address, number) && !batches_.contains(address))
    watcher_.watch(requester, [this, address](const caf::error&) { on_requester_down(address); });
}

void RequestRegistry::on_requester_down(const caf::actor_addr& requester) {
  for (const auto number : requesters_.remove_all(requester))
    if (const auto* live = live_.at(number))
      tell(self_, live->request, gone_atom_v);
}

void RequestRegistry::on_request_down(std::uint64_t number, const caf::error& reason) {
  const auto* ended = live_.at(number);
  if (ended == nullptr)
    return;
  if (reason) {
    parts_.log(LogLevel::error, "request " + ended->id.value + " ended early: " + describe(reason));
    tell(self_, children_.components()->health.handle,
         SupervisionEvent{SupervisionEvent::Kind::request_failed, ended->id.value,
                          describe(reason)});
  }
  // A restarted RoleActor waits for a report of this request, and so does a RoleActor to which it
  // was announced.
  if (const auto& role = children_.components()->role(ended->role); reason || role.number > 1)
    tell(self_, role.handle, release_atom_v, run_id(number));
  release(number);
  live_.erase(number);
}

void RequestRegistry::end_orphaned(const OrphanedStreamPtr& stream) {
  // The final messages were sent before this query: if the StreamingActor replies, it has received
  // them.
  ask_watched(self_, stream->streaming, seen_atom_v, stream->run)
      .then([](bool) {}, [stream](const caf::error&) { stream->end_directly(); });
}

caf::strong_actor_ptr RequestRegistry::find(const std::string& id) const {
  const auto* live = live_.find({id});
  return live != nullptr ? caf::actor_cast<caf::strong_actor_ptr>(live->request)
                         : caf::strong_actor_ptr{};
}

void RequestRegistry::tell_components() const {
  live_.each([this](const LiveRequests::Entry& live) {
    if (live.request)
      tell(self_, live.request, children_.components());
  });
}

void RequestRegistry::end_all(const LLMError& error) const {
  live_.each([&](const LiveRequests::Entry& live) {
    if (live.request)
      anon_tell(live.request, finish_atom_v, error, children_.streaming_alive());
    else
      anon_tell(live.batch, cancel_atom_v);
  });
}

} // namespace nexus::llm
