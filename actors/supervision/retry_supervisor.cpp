#include "actors/supervision/retry_supervisor.hpp"

#include <algorithm>

#include "actors/guarded_answer.hpp"
#include "actors/log.hpp"
#include "actors/model_manager/model_manager_actor.hpp"
#include "actors/role/role_actor.hpp"
#include "actors/streaming/streaming_actor.hpp"
#include "actors/supervision/config_actor.hpp"
#include "actors/supervision/retry_policy.hpp"

namespace nexus::llm {

RetrySupervisor::RetrySupervisor(supervisor_internal::pointer self, SupervisorParts parts,
                                 std::shared_ptr<Facades> facades)
    : self_{self}, config_{std::move(parts.config)}, store_{std::move(parts.store)},
      make_transport_{std::move(parts.make_transport)}, factories_{std::move(parts.factories)},
      chance_{std::move(parts.chance)}, log_{std::move(parts.log)}, facades_{std::move(facades)},
      embeddings_{{.subject = "embeddings",
                   .child = OllamaClientActor::name,
                   .should_retry = [this](const LLMError& error, std::uint32_t failures,
                                          Time accepted) -> std::optional<Millis> {
                     const auto decision = decide(
                         error,
                         {.attempts = failures,
                          .on_this_model = failures,
                          .once_failures = failures,
                          .before_break = circuit_opened_at_ && accepted < *circuit_opened_at_},
                         config_, chance_.wait());
                     if (decision.next != RetryDecision::Next::retry)
                       return std::nullopt;
                     return decision.wait;
                   },
                   .later = [this](Millis wait,
                                   std::function<void()> job) { after(wait, std::move(job)); }}} {
  bound_embeddings();
  watcher_.attach(self_);
  // A child that throws sends its error back even for plain messages on CAF 1.x; its end is what
  // counts here.
  self_->set_error_handler([this](const caf::error& error) {
    log_(LogLevel::debug, "a component reported: " + describe(error));
  });
}

void RetrySupervisor::begin() {
  define_components();
  for (std::size_t index = 0; index < components_.size(); ++index)
    start(index);
}

RetrySupervisor::~RetrySupervisor() {
  end_streams_directly();
  for (auto& [id, run] : runs_)
    for (auto& member : run.members)
      if (member.promise.pending())
        member.promise.deliver(to_caf_error({.code = ErrorCode::shutting_down}));
  // A message and not an exit, which would overtake what is still to be told to subscribers.
  if (streaming_alive_)
    anon_tell(streaming_, finish_atom_v);
  for (auto component = components_.rbegin(); component != components_.rend(); ++component)
    if (component->actor && component->actor_name != StreamingActor::name)
      caf::anon_send_exit(component->actor, caf::exit_reason::user_shutdown);
  // Those who ask later are told why nobody is there any more.
  if (!giving_up_)
    end_facades(*facades_);
  else
    anon_exit(facades_->ollama_models, caf::exit_reason::kill);
}

void end_facades(const Facades& facades) {
  // They heed nobody but their supervisor, which is not there any more.
  for (const auto& role : facades.roles)
    anon_exit(role, caf::exit_reason::kill);
  anon_exit(facades.ollama_models, caf::exit_reason::kill);
  anon_exit(facades.models, caf::exit_reason::kill);
  anon_exit(facades.config, caf::exit_reason::kill);
}

supervisor_internal::behavior_type RetrySupervisor::make_behavior() {
  return {
      [this](open_atom) { begin(); },
      [this](tick_atom, std::uint64_t id) {
        if (auto job = jobs_.extract(id); !job.empty())
          job.mapped()();
      },
      [this](restart_atom, std::uint64_t component) {
        on_component_replaced(static_cast<std::size_t>(component));
      },
      [this](abandoned_atom, const RequestId& run) { on_abandoned(run); },
      [this](seen_atom, const RequestId& id, std::uint32_t attempt) {
        if (const auto run = runs_.find(id); run != runs_.end() && run->second.attempts == attempt)
          run->second.seen = true;
      },
      [this](release_atom, const RequestId& run, const RequestId& id,
             const stream_subscriber& subscriber) { on_listener_released(run, id, subscriber); },
      [this](release_atom, const RequestId& run) { on_stream_released(run); },
      [this](const RequestProgress& progress) { tell(self_, streaming_, progress.id, progress); },
      [this](update_config_atom, LLMClientConfig& config) { on_config(std::move(config)); },
      [this](update_config_atom, const std::string& warning) { log_(LogLevel::warning, warning); },
      [this](circuit_atom, const CircuitHealth& circuit) { on_circuit(circuit); },
      [this](submit_atom, AIRole role, LLMRequest& request) {
        return submit(role, std::move(request), stream_subscriber{});
      },
      [this](submit_atom, AIRole role, LLMRequest& request, stream_subscriber& subscriber) {
        return submit(role, std::move(request), std::move(subscriber));
      },
      [this](batch_atom, AIRole role, std::vector<std::string>& prompts, GenerateOptions& options) {
        return batch(role, std::move(prompts), std::move(options));
      },
      [this](embed_atom, AIRole role, EmbedRequest& request) {
        return embed(role, std::move(request));
      },
      [this](cancel_atom, AIRole, const RequestId& id) { return cancel(id); },
      [this](position_atom, AIRole, const RequestId& id) { return position(id); },
      [this](subscribe_atom, AIRole, const RequestId& id, const stream_subscriber& subscriber) {
        return subscribe(id, subscriber);
      },
      [this](unsubscribe_atom, AIRole, const RequestId& id, const stream_subscriber& subscriber) {
        return unsubscribe(id, subscriber);
      },
      [this](stats_atom, AIRole role) { return stats(role); },
      [this](component_atom, const std::string& wanted) -> caf::strong_actor_ptr {
        for (const auto& component : components_)
          if (component.name == wanted)
            return component.actor;
        return nullptr;
      },
      [this](health_atom) { return health(); },
  };
}

void RetrySupervisor::define_components() {
  auto& system = self_->system();
  const supervisor_internal myself{self_};
  auto pointer = [](const auto& handle) { return caf::actor_cast<caf::strong_actor_ptr>(handle); };
  auto define = [this](std::string component, std::string_view actor,
                       std::function<caf::strong_actor_ptr()> begin) {
    components_.push_back({.name = std::move(component),
                           .actor_name = actor,
                           .start = std::move(begin),
                           .actor = nullptr,
                           .budget = {},
                           .restarts = 0,
                           .last_failure = {}});
  };
  // A weak reference: the components must not keep their supervisor alive.
  auto* self = self_;
  define(ConfigActor::name, ConfigActor::name, [this, &system, self, pointer] {
    config_child_ = factories_->config(system, store_, supervisor_internal{self});
    tell(self_, facades_->config, config_child_);
    return pointer(config_child_);
  });
  define(OllamaClientActor::name, OllamaClientActor::name, [this, &system, self, pointer] {
    client_ = factories_->client(system, config_, make_transport_, supervisor_internal{self});
    circuit_opened_at_.reset();
    tell(self_, facades_->ollama_models, client_);
    embeddings_.connect(client_);
    return pointer(client_);
  });
  define(StreamingActor::name, StreamingActor::name, [this, &system, self, pointer] {
    streaming_ = factories_->streaming(system, supervisor_internal{self}, config_.limits);
    return pointer(streaming_);
  });
  define(ModelManagerActor::name, ModelManagerActor::name, [this, &system, pointer] {
    models_ = factories_->model_manager(system, config_, facades_->ollama_models, facades_->config);
    tell(self_, facades_->models, model_manager_actor{models_});
    return pointer(models_);
  });
  for (const auto role : all_roles)
    define(std::string{RoleActor::name} + "/" + std::string{to_string(role)}, RoleActor::name,
           [this, &system, self, role, pointer] {
             worker_of(role) = factories_->role(system, role, config_, supervisor_internal{self});
             adopt_runs(role);
             return pointer(worker_of(role));
           });
}

void RetrySupervisor::adopt_runs(AIRole role) {
  for (const auto& [id, run] : runs_)
    if (run.role == role && run.stage != Run::Stage::admitting && run.stage != Run::Stage::finished)
      tell(self_, worker_of(role), adopt_atom_v, run.request);
}

void RetrySupervisor::start(std::size_t index) {
  auto& component = components_[index];
  component.actor = component.start();
  if (index == streaming_component)
    streaming_alive_ = true;
  watcher_.watch(component.actor,
                 [this, index](const caf::error& reason) { on_component_down(index, reason); });
}

void RetrySupervisor::on_component_down(std::size_t index, const caf::error& reason) {
  auto& component = components_[index];
  component.last_failure = describe(reason);
  if (giving_up_)
    return;
  if (index == streaming_component)
    streaming_alive_ = false;
  // What it said before it died is still on the way; the news of its end came first.
  tell(self_, supervisor_internal{self_}, restart_atom_v, static_cast<std::uint64_t>(index));
  if (!component.budget.spend(config_.restarts, now())) {
    log_(LogLevel::error, component.name + " failed again (" + component.last_failure +
                              ") and has used up its restarts");
    giving_up_ = true;
    return;
  }
  ++component.restarts;
  log_(LogLevel::warning, component.name + " failed (" + component.last_failure + "); restart " +
                              std::to_string(component.restarts));
  start(index);
}

void RetrySupervisor::on_component_replaced(std::size_t index) {
  if (giving_up_)
    return give_up(components_[index].name);
  if (index == streaming_component)
    on_streaming_replaced();
  // Those that its predecessor admitted in its last moment are known only now.
  for (const auto role : all_roles)
    if (index == first_role_component + index_of(role))
      adopt_runs(role);
  std::vector<RequestId> orphans;
  for (const auto& [id, run] : runs_)
    if (run.asked && run.asked->component == index &&
        run.asked->generation < components_[index].restarts)
      orphans.push_back(id);
  std::ranges::sort(orphans, {}, [this](const RequestId& id) { return runs_.at(id).number; });
  for (const auto& id : orphans)
    if (const auto entry = runs_.find(id); entry != runs_.end())
      on_orphaned(entry->second);
}

void RetrySupervisor::give_up(const std::string& component) {
  std::vector<RequestId> live;
  for (const auto& [id, run] : runs_)
    if (run.stage != Run::Stage::finished)
      live.push_back(id);
  const LLMError error{.code = ErrorCode::restart_budget_exhausted, .subject = component};
  for (const auto& id : live)
    if (const auto entry = runs_.find(id); entry != runs_.end())
      fail(entry->second, error);
  embeddings_.fail_all(error);
  for (const auto& role : facades_->roles)
    tell(self_, role, finish_atom_v, error);
  tell(self_, facades_->models, finish_atom_v, error);
  tell(self_, facades_->config, finish_atom_v, error);
  self_->quit(to_caf_error(error));
}

void RetrySupervisor::on_circuit(const CircuitHealth& circuit) {
  if (circuit.state == Circuit::closed) {
    circuit_opened_at_.reset();
    log_(LogLevel::info, "Ollama is back at " + config_.base_url);
    return;
  }
  if (!circuit_opened_at_)
    circuit_opened_at_ = now();
  log_(LogLevel::warning, "Ollama does not answer at " + config_.base_url +
                              "; new requests are refused until it is back [" +
                              circuit.last_failure + "]");
}

void RetrySupervisor::on_config(LLMClientConfig config) {
  if (config == config_)
    return;
  log_(LogLevel::info, "the settings have changed");
  config_ = std::move(config);
  bound_embeddings();
  anon_tell(client_, update_config_atom_v, config_);
  tell(self_, streaming_, update_config_atom_v, config_.limits);
  tell(self_, models_, update_config_atom_v, config_);
  tell(self_, facades_->models, update_config_atom_v, config_);
  for (const auto& role : roles_)
    tell(self_, role, update_config_atom_v, config_);
}

void RetrySupervisor::bound_embeddings() {
  embeddings_.set_bounds(config_.limits.max_concurrent,
                         std::size_t{config_.limits.max_concurrent} + config_.limits.queue_length);
}

RetrySupervisor::Promise<Health> RetrySupervisor::health() {
  auto promise = self_->make_response_promise<Health>();
  const auto owed = guard(promise, name);
  auto answer = std::make_shared<Health>();
  for (const auto& component : components_)
    answer->components.push_back({.name = component.name,
                                  .running = component.actor != nullptr,
                                  .restarts = component.restarts,
                                  .last_failure = component.last_failure});
  for (const auto role : all_roles) {
    auto figures = stats_of(role);
    figures.role = role;
    answer->roles.push_back(figures);
  }
  auto then_circuit = [this, owed, answer] {
    ask_watched(self_, client_, circuit_atom_v)
        .then(
            [owed, answer](CircuitHealth& circuit) {
              answer->circuit = std::move(circuit);
              owed->deliver(std::move(*answer));
            },
            [owed, answer](const caf::error&) { owed->deliver(std::move(*answer)); });
  };
  ask_watched(self_, client_, version_atom_v)
      .then(
          [answer, then_circuit](std::string& version) {
            answer->reachable = true;
            answer->version = std::move(version);
            then_circuit();
          },
          [then_circuit](const caf::error&) { then_circuit(); });
  return promise;
}

RetrySupervisor::Promise<RoleStats> RetrySupervisor::stats(AIRole role) {
  auto promise = self_->make_response_promise<RoleStats>();
  auto combine = [this, owed = guard(promise, name), role](const RoleStats& gauges) {
    auto figures = stats_of(role);
    figures.role = role;
    figures.queued = gauges.queued;
    figures.in_flight = gauges.in_flight;
    owed->deliver(figures);
  };
  ask_watched(self_, worker_of(role), stats_atom_v)
      .then([combine](const RoleStats& gauges) { combine(gauges); },
            [combine](const caf::error&) { combine({}); });
  return promise;
}

void RetrySupervisor::after(Millis wait, std::function<void()> job) {
  jobs_.emplace(++last_job_, std::move(job));
  tell_after(self_, wait, supervisor_internal{self_}, tick_atom_v, last_job_);
}

Supervision spawn_supervisor(caf::actor_system& system, SupervisorParts parts) {
  auto config = parts.config;
  const auto chance = parts.chance;
  auto facades = std::make_shared<Facades>();
  supervisor_internal root = spawn_state<RetrySupervisor>(system, std::move(parts), facades);
  for (const auto role : all_roles)
    facades->roles[index_of(role)] = spawn_role_facade(system, role, root);
  facades->ollama_models = spawn_ollama_models_facade(system, root);
  const auto master = caf::actor_cast<caf::strong_actor_ptr>(root);
  facades->models = spawn_model_manager_facade(system, master, std::move(config), chance);
  facades->config = spawn_config_facade(system, master);
  anon_tell(root, open_atom_v);
  return {root, *facades};
}

} // namespace nexus::llm
