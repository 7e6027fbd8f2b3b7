// SPDX-License-Identifier: BSD-3-Clause
#include "actors/supervision/retry_supervisor.hpp"

#include <exception>

#include "actors/requests/request_errors.hpp"

namespace nexus::llm {

RetrySupervisor::RetrySupervisor(supervisor_internal::pointer self, SupervisorParts parts,
                                 Handles handles)
    : self_{self}, log_{parts.log}, handles_{handles}, children_{self, parts, handles,
                                                                 [this](AIRole role) {
                                                                   return requests_.runs(role);
                                                                 }},
      requests_{self,
                {.owner = name,
                 .factories = parts.factories,
                 .handles = std::move(handles),
                 .chance = parts.chance,
                 .log = parts.log},
                children_,
                watcher_} {
  watcher_.attach(self_);
  // On CAF 1.x, a child that throws sends its error back even for one-way messages. Only its
  // termination matters here.
  self_->set_error_handler([this](const caf::error& error) {
    log_(LogLevel::debug, "a component reported: " + describe(error));
  });
}

RetrySupervisor::~RetrySupervisor() {
  if (!given_up_)
    end_requests({.code = ErrorCode::shutting_down});
}

supervisor_internal::behavior_type RetrySupervisor::make_behavior() {
  return {
      [this](open_atom) {
        for (std::size_t child = 0; child < children_.size(); ++child)
          start(child);
      },
      [this](restart_atom, std::uint64_t child) { start(static_cast<std::size_t>(child)); },
      [this](release_atom, std::uint64_t number) { requests_.release(number); },
      [this](const OrphanedStreamPtr& stream) { requests_.end_orphaned(stream); },
      [this](update_config_atom, LLMClientConfig& config) { on_config(std::move(config)); },
      [this](update_config_atom, const std::string& warning) { log_(LogLevel::warning, warning); },
      [this](circuit_atom, const CircuitHealth& circuit) { on_circuit(circuit); },
      [this](submit_atom, AIRole role, LLMRequest& request) {
        return requests_.submit(role, request);
      },
      [this](submit_atom, AIRole role, LLMRequest& request, stream_subscriber& subscriber) {
        return requests_.submit(role, request, subscriber);
      },
      [this](batch_atom, AIRole role, std::vector<std::string>& prompts, GenerateOptions& options) {
        return requests_.batch(role, prompts, options);
      },
      [this](embed_atom, AIRole role, EmbedRequest& request) {
        return requests_.embed(role, request);
      },
      [this](cancel_atom, AIRole, const RequestId& id) { return requests_.cancel(id); },
      [this](position_atom, AIRole, const RequestId& id) { return requests_.position(id); },
      [this](subscribe_atom, AIRole, const RequestId& id, const stream_subscriber& subscriber) {
        return requests_.subscribe(id, subscriber);
      },
      [this](unsubscribe_atom, AIRole, const RequestId& id, const stream_subscriber& subscriber) {
        requests_.unsubscribe(id, subscriber);
        return Ack{};
      },
      [this](stats_atom atom, AIRole role) -> caf::result<RoleStats> {
        if (!is_known(role))
          return to_caf_error(no_such_role());
        return forward_to(self_, children_.components()->health.handle, atom, role);
      },
      [this](requests_atom, AIRole role) { return requests_.running(role); },
      [this](component_atom, const std::string& wanted) {
        const auto request = requests_.find(wanted);
        return request ? request : children_.find(wanted);
      },
      [this](finish_atom) { requests_.drain(); },
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
  requests_.tell_components();
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
  requests_.end_all(error);
  anon_tell(children_.components()->streaming.handle, finish_atom_v, error);
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
  requests_.tell_components();
  tell(self_, children_.components()->health.handle,
       SupervisionEvent{SupervisionEvent::Kind::settings_changed, {}, {}});
}

supervisor_actor spawn_supervisor(caf::actor_system& system, SupervisorParts parts,
                                  Handles handles) {
  supervisor_internal root = spawn_state<RetrySupervisor>(system, std::move(parts), handles);
  // Before the supervisor connects the handles to its components.
  expect_components(handles);
  anon_tell(root, open_atom_v);
  // After the message that starts the components.
  connect_roles(handles, root);
  return root;
}

} // namespace nexus::llm
