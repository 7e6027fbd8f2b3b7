#include "actors/supervision/retry_supervisor.hpp"

#include <exception>

#include "actors/ollama_client/request_validation.hpp"
#include "actors/requests/request_errors.hpp"

namespace nexus::llm {

RetrySupervisor::RetrySupervisor(supervisor_internal::pointer self, SupervisorParts parts,
                                 Handles handles)
    : self_{self}, factories_{parts.factories}, chance_{parts.chance}, log_{parts.log},
      handles_{handles}, children_{self, std::move(parts), std::move(handles),
                                   [this](AIRole role) { return requests_.runs(role); }} {
  watcher_.attach(self_);
  // A child that throws sends its error back even for plain messages on CAF 1.x; its end is what
  // counts here.
  self_->set_error_handler([this](const caf::error& error) {
    log_(LogLevel::debug, "a component reported: " + describe(error));
  });
}

RetrySupervisor::~RetrySupervisor() {
  if (!given_up_)
    end_requests({.code = ErrorCode::shutting_down});
}

supervisor_internal::behavior_type RetrySupervisor::make_behavior() {
  auto about = [this](const RequestId& id) { return requests_.find(id); };
  return {
      [this](open_atom) {
        for (std::size_t child = 0; child < children_.size(); ++child)
          start(child);
      },
      [this](restart_atom, std::uint64_t child) { start(static_cast<std::size_t>(child)); },
      [this](release_atom, std::uint64_t number) { requests_.release(number); },
      [this](update_config_atom, LLMClientConfig& config) { on_config(std::move(config)); },
      [this](update_config_atom, const std::string& warning) { log_(LogLevel::warning, warning); },
      [this](circuit_atom, const CircuitHealth& circuit) { on_circuit(circuit); },
      [this](submit_atom atom, AIRole role, LLMRequest& request) -> caf::result<LLMResponse> {
        if (request.stream)
          return to_caf_error(a_stream_needs_a_subscriber());
        auto actor = accept(role, request.id);
        if (!actor)
          return to_caf_error(std::move(actor.error()));
        return forward_to(self_, *actor, atom, role, std::move(request));
      },
      [this](submit_atom atom, AIRole role, LLMRequest& request,
             stream_subscriber& subscriber) -> caf::result<LLMResponse> {
        if (!subscriber)
          return to_caf_error(a_stream_needs_a_subscriber());
        auto actor = accept(role, request.id);
        if (!actor) {
          anon_tell(subscriber, StreamError{request.id, actor.error()});
          return to_caf_error(std::move(actor.error()));
        }
        return forward_to(self_, *actor, atom, role, std::move(request), std::move(subscriber));
      },
      [this](batch_atom, AIRole role, std::vector<std::string>& prompts, GenerateOptions& options) {
        return batch(role, prompts, options);
      },
      [this](embed_atom atom, AIRole role, EmbedRequest& request) -> caf::result<EmbedResponse> {
        auto actor = accept(role, request.id);
        if (!actor)
          return to_caf_error(std::move(actor.error()));
        return forward_to(self_, *actor, atom, role, std::move(request));
      },
      [this](cancel_atom, AIRole, const RequestId& id) { return cancel(id); },
      [this, about](position_atom atom, AIRole, const RequestId& id) -> caf::result<QueuePosition> {
        const auto* live = about(id);
        if (live == nullptr || !live->request)
          return to_caf_error(unknown_request(id));
        return pass<QueuePosition>(live->request, failure(unknown_request(id)), atom);
      },
      [this, about](subscribe_atom atom, AIRole, const RequestId& id,
                    const stream_subscriber& subscriber) -> caf::result<Ack> {
        const auto* live = about(id);
        if (live == nullptr || !live->request)
          return to_caf_error(unknown_request(id));
        return pass<Ack>(live->request, failure(unknown_request(id)), atom, id, subscriber);
      },
      [this](unsubscribe_atom atom, AIRole, const RequestId& id,
             const stream_subscriber& subscriber) -> caf::result<Ack> {
        const auto* live = requests_.find_any(id);
        if (live != nullptr && live->request)
          anon_tell(live->request, atom, id, subscriber);
        return Ack{};
      },
      [this](stats_atom atom, AIRole role) -> caf::result<RoleStats> {
        if (!is_known(role))
          return to_caf_error(no_such_role());
        return forward_to(self_, children_.components()->health.handle, atom, role);
      },
      [this](component_atom, const std::string& wanted) {
        const auto* live = requests_.find({wanted});
        return live != nullptr ? caf::actor_cast<caf::strong_actor_ptr>(live->request)
                               : children_.find(wanted);
      },
      [this](finish_atom) { draining_ = true; },
      [this](health_atom atom) {
        return forward_to(self_, children_.components()->health.handle, atom);
      },
      [this](subscribe_atom atom, const supervision_subscriber& subscriber) {
        return forward_to(self_, children_.components()->health.handle, atom, subscriber);
      },
      [this](unsubscribe_atom atom, const supervision_subscriber& subscriber) {
        return forward_to(self_, children_.components()->health.handle, atom, subscriber);
      },
  };
}

void RetrySupervisor::start(std::size_t child) {
  try {
    children_.start(child);
  } catch (const std::exception& error) {
    return on_failed(child, error.what());
  }
  watcher_.watch(children_.actor(child),
                 [this, child](const caf::error& reason) { on_failed(child, describe(reason)); });
  tell_requests();
}

void RetrySupervisor::on_failed(std::size_t child, const std::string& reason) {
  const auto& component = children_.name_of(child);
  if (given_up_)
    return;
  const auto wait = children_.on_failed(child, reason, self_->clock().now());
  if (!wait) {
    log_(LogLevel::error,
         component + " failed again (" + reason + ") and has used up its restarts");
    return give_up(component);
  }
  log_(LogLevel::warning,
       component + " failed (" + reason + "); it is started again" +
           (*wait > ChildSet::Millis{0} ? " in " + std::to_string(wait->count()) + " ms" : ""));
  if (*wait == ChildSet::Millis{0})
    start(child);
  else
    tell_after(self_, *wait, supervisor_internal{self_}, restart_atom_v, std::uint64_t{child});
}

void RetrySupervisor::give_up(const std::string& component) {
  const LLMError error{.code = ErrorCode::restart_budget_exhausted, .subject = component};
  given_up_ = true;
  end_requests(error);
  self_->quit(to_caf_error(error));
}

void RetrySupervisor::end_requests(const LLMError& error) {
  finish_handles(handles_, error);
  requests_.each([&](const LiveRequests::Entry& live) {
    if (live.request)
      anon_tell(live.request, finish_atom_v, error, children_.streaming_alive());
    else
      anon_tell(live.batch, cancel_atom_v);
  });
  anon_tell(children_.components()->streaming.handle, finish_atom_v, error);
}

void RetrySupervisor::tell_requests() {
  requests_.each([this](const LiveRequests::Entry& live) {
    if (live.request)
      tell(self_, live.request, children_.components());
  });
}

void RetrySupervisor::on_circuit(const CircuitHealth& circuit) {
  const auto& url = children_.config().base_url;
  const bool closed = circuit.state == Circuit::closed;
  if (closed)
    log_(LogLevel::info, "Ollama is back at " + url);
  else
    log_(LogLevel::warning, "Ollama does not answer at " + url +
                                "; new requests are refused until it is back [" +
                                circuit.last_failure + "]");
  tell(self_, children_.components()->health.handle,
       SupervisionEvent{closed ? SupervisionEvent::Kind::circuit_closed
                               : SupervisionEvent::Kind::circuit_opened,
                        url, circuit.last_failure});
}

void RetrySupervisor::on_config(LLMClientConfig config) {
  if (config == children_.config())
    return;
  log_(LogLevel::info, "the settings have changed");
  children_.set_config(std::move(config));
  tell_requests();
}

template <class T, class... Ts>
caf::typed_response_promise<T> RetrySupervisor::pass(const request_actor& request,
                                                     Result<T> if_ended, Ts... message) {
  auto promise = self_->make_response_promise<T>();
  const auto answer = guard(promise, name);
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

Result<void> RetrySupervisor::take_id(RequestId& id, const caf::strong_actor_ptr& requester) {
  const bool remote = requester && requester->node() != self_->system().node();
  if (draining_ && remote)
    return failure(ErrorCode::shutting_down, "", std::string{node_drains});
  if (id.value.empty())
    id = chance_.id();
  if (auto valid = check_id(id); !valid)
    return valid;
  const auto* live = requests_.find(id);
  if (live == nullptr)
    return {};
  // A client whose connection broke unnoticed by this side sends what it had asked again.
  const bool same = remote && live->requester == caf::actor_cast<caf::actor_addr>(requester);
  if (!same || !live->request)
    return failure(id_in_use());
  anon_tell(live->request, replace_atom_v);
  return {};
}

Result<request_actor> RetrySupervisor::accept(AIRole role, RequestId& id) {
  if (!is_known(role))
    return failure(no_such_role());
  const auto& requester = self_->current_sender();
  if (auto free = take_id(id, requester); !free)
    return failure(std::move(free.error()));
  const auto number = ++last_number_;
  auto actor =
      factories_->request(self_->system(), {.id = id,
                                            .number = number,
                                            .role = role,
                                            .accepted = self_->clock().now(),
                                            .components = children_.components(),
                                            .owner = caf::actor_cast<caf::strong_actor_ptr>(self_),
                                            .chance = chance_,
                                            .log = log_});
  requests_.add(number, {.id = id,
                         .role = role,
                         .request = actor,
                         .batch = {},
                         .requester = caf::actor_cast<caf::actor_addr>(requester)});
  // So that requests are admitted in the order in which they came.
  tell(self_, children_.components()->role(role).handle, announce_atom_v,
       LiveRequests::run_id(number), number);
  watcher_.watch(actor,
                 [this, number](const caf::error& reason) { on_request_down(number, reason); });
  return actor;
}

void RetrySupervisor::on_request_down(std::uint64_t number, const caf::error& reason) {
  const auto* ended = requests_.at(number);
  if (ended == nullptr)
    return;
  if (reason) {
    log_(LogLevel::error, "request " + ended->id.value + " ended early: " + describe(reason));
    tell(self_, children_.components()->health.handle,
         SupervisionEvent{SupervisionEvent::Kind::request_failed, ended->id.value,
                          describe(reason)});
  }
  // A RoleActor that was started meanwhile waits for a word of it, and so does one that was told of
  // its coming.
  if (const auto& role = children_.components()->role(ended->role); reason || role.number > 1)
    tell(self_, role.handle, release_atom_v, LiveRequests::run_id(number));
  requests_.erase(number);
}

caf::result<BatchResponse> RetrySupervisor::batch(AIRole role, std::vector<std::string>& prompts,
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
      spawn_batch(self_->system(), handles_.roles[index_of(role)], limits.max_concurrent,
                  [owner = caf::actor_cast<caf::weak_actor_ptr>(self_), number] {
                    if (const auto alive = owner.lock())
                      anon_tell(caf::actor_cast<request_owner>(alive), release_atom_v, number);
                  });
  requests_.add(number, {.id = options.id,
                         .role = role,
                         .request = {},
                         .batch = actor,
                         .requester = caf::actor_cast<caf::actor_addr>(requester)});
  watcher_.watch(actor, [this, number](const caf::error&) { requests_.erase(number); });
  return forward_to(self_, actor, batch_atom_v, std::move(prompts), std::move(options));
}

caf::result<bool> RetrySupervisor::cancel(const RequestId& id) {
  const auto* live = requests_.find(id);
  if (live == nullptr)
    return false;
  if (live->request)
    return pass<bool>(live->request, false, cancel_atom_v);
  anon_tell(live->batch, cancel_atom_v);
  return true;
}

supervisor_actor spawn_supervisor(caf::actor_system& system, SupervisorParts parts,
                                  Handles handles) {
  supervisor_internal root = spawn_state<RetrySupervisor>(system, std::move(parts), handles);
  // Before it connects them to its components.
  expect_components(handles);
  anon_tell(root, open_atom_v);
  // After it was told to make them.
  connect_roles(handles, root);
  return root;
}

} // namespace nexus::llm
