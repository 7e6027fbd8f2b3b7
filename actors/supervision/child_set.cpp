// SPDX-License-Identifier: BSD-3-Clause
#include "actors/supervision/child_set.hpp"

#include <algorithm>

#include "actors/model_manager/model_manager_actor.hpp"
#include "actors/role/role_actor.hpp"
#include "actors/streaming/streaming_actor.hpp"
#include "actors/supervision/config_actor.hpp"

namespace nexus::llm {

namespace {

template <class Handle> caf::strong_actor_ptr pointer(const Handle& handle) {
  return caf::actor_cast<caf::strong_actor_ptr>(handle);
}

/// Enters a successor of a component.
template <class Handle>
caf::strong_actor_ptr enter(Components::Generation<Handle>& place, Handle handle) {
  place = {std::move(handle), place.number + 1};
  return pointer(place.handle);
}

ComponentsPtr no_components(const LLMClientConfig& config) {
  auto none = std::make_shared<Components>();
  none->figures = std::make_shared<Figures>();
  none->event_subscribers = std::make_shared<EventSubscribers>();
  none->config = std::make_shared<const LLMClientConfig>(config);
  return none;
}

} // namespace

ChildSet::ChildSet(supervisor_internal::pointer self, SupervisorParts parts, Handles handles,
                   LiveRuns live_runs)
    : self_{self}, parts_{std::move(parts)}, handles_{std::move(handles)},
      components_{no_components(parts_.config)} {
  auto& system = self_->system();
  // The factories must not store a handle of the supervisor: its components must not keep it alive.
  const auto& factories = *parts_.factories;
  // The first, since it is notified of the others.
  define(HealthActor::name, [&system, &factories](Components& components) {
    return enter(components.health,
                 factories.health(system, components.figures, components.event_subscribers));
  });
  define(ConfigActor::name, [this, &system, &factories](Components& components) {
    const auto child =
        factories.config(system, *components.config, parts_.store, supervisor_internal{self_});
    tell(self_, handles_.config, child);
    return pointer(child);
  });
  define(OllamaClientActor::name, [this, &system, &factories](Components& components) {
    auto child =
        enter(components.client, factories.client(system, *components.config, parts_.make_transport,
                                                  supervisor_internal{self_}));
    tell(self_, handles_.ollama, ollama_models_actor{components.client.handle});
    return child;
  });
  define(StreamingActor::name, [&system, &factories](Components& components) {
    return enter(components.streaming, factories.streaming(system, components.config->limits));
  });
  define(ModelManagerActor::name, [this, &system, &factories](Components& components) {
    auto child =
        enter(components.models, factories.model_manager(system, *components.config,
                                                         handles_.ollama, handles_.config));
    tell(self_, handles_.models, models_handle{components.models.handle});
    return child;
  });
  for (const auto role : all_roles())
    define(std::string{RoleActor::name} + "/" + std::string{to_string(role)},
           [&system, &factories, role, live_runs](Components& components) {
             return enter(components.roles[role],
                          factories.role(system, role, *components.config, live_runs(role)));
           });
}

ChildSet::~ChildSet() {
  // The StreamingActor terminates by a message, which an exit message would overtake.
  const auto streaming = pointer(components_->streaming.handle);
  for (auto child = children_.rbegin(); child != children_.rend(); ++child)
    if (child->actor && child->actor != streaming)
      caf::anon_send_exit(child->actor, caf::exit_reason::user_shutdown);
}

void ChildSet::define(std::string name, std::function<caf::strong_actor_ptr(Components&)> make) {
  children_.push_back({.name = std::move(name),
                       .make = std::move(make),
                       .actor = nullptr,
                       .budget = {},
                       .starts = 0,
                       .last_failure = {}});
}

caf::strong_actor_ptr ChildSet::find(const std::string& name) const {
  const auto child = std::ranges::find(children_, name, &Child::name);
  return child == children_.end() ? nullptr : child->actor;
}

bool ChildSet::streaming_alive() const { return find(StreamingActor::name) != nullptr; }

void ChildSet::start(std::size_t child) {
  auto& starting = children_.at(child);
  auto next = std::make_shared<Components>(*components_);
  starting.actor = starting.make(*next);
  components_ = std::move(next);
  tell_snapshot();
  // Health queries need all components.
  const bool all =
      std::ranges::all_of(children_, [](const Child& each) { return each.actor != nullptr; });
  if (all && (child == 0 || !std::exchange(complete_, true)))
    tell(self_, handles_.health, health_handle{components_->health.handle});
  if (++starting.starts > 1)
    tell_health(SupervisionEvent::Kind::component_restarted, starting);
  note(starting);
}

std::optional<ChildSet::Millis> ChildSet::on_failed(std::size_t child, std::string reason,
                                                    Time now) {
  auto& failed = children_.at(child);
  failed.actor = nullptr;
  failed.last_failure = std::move(reason);
  tell_health(SupervisionEvent::Kind::component_failed, failed);
  note(failed);
  const auto wait = failed.budget.spend(config().restarts, now);
  if (!wait)
    tell_health(SupervisionEvent::Kind::component_given_up, failed);
  return wait;
}

void ChildSet::set_config(LLMClientConfig config) {
  auto next = std::make_shared<Components>(*components_);
  next->config = std::make_shared<const LLMClientConfig>(std::move(config));
  components_ = std::move(next);
  const auto& settings = *components_->config;
  anon_tell(components_->client.handle, update_config_atom_v, settings);
  tell(self_, components_->streaming.handle, update_config_atom_v, settings.limits);
  tell(self_, components_->models.handle, update_config_atom_v, settings);
  tell_snapshot();
  for (const auto& role : components_->roles)
    tell(self_, role.handle, update_config_atom_v, settings);
}

void ChildSet::tell_snapshot() const {
  tell(self_, components_->health.handle, components_);
  tell(self_, handles_.models, components_);
  if (components_->models.handle)
    tell(self_, components_->models.handle, components_);
}

void ChildSet::note(const Child& child) const {
  components_->figures->note(ComponentHealth{.name = child.name,
                                             .running = child.actor != nullptr,
                                             .restarts = child.starts > 0 ? child.starts - 1 : 0,
                                             .last_failure = child.last_failure});
}

void ChildSet::tell_health(SupervisionEvent::Kind kind, const Child& child) const {
  tell(self_, components_->health.handle, SupervisionEvent{kind, child.name, child.last_failure});
}

} // namespace nexus::llm
