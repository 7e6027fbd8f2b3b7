// SPDX-License-Identifier: BSD-3-Clause
#include "actors/supervision/health_actor.hpp"

namespace nexus::llm {

HealthActor::HealthActor(health_actor::pointer self, std::shared_ptr<Figures> figures,
                         std::shared_ptr<EventSubscribers> subscribers)
    : self_{self}, figures_{std::move(figures)}, subscribers_{std::move(subscribers)} {
  watcher_.attach(self_);
  for (const auto& subscriber : subscribers_->all())
    watch(subscriber);
  // On CAF 1.x, a subscriber that throws sends its error back. Only its termination matters here.
  self_->set_error_handler([](const caf::error&) {});
}

health_actor::behavior_type HealthActor::make_behavior() {
  return {
      [this](SupervisionEvent& event) { note(std::move(event)); },
      [this](const ComponentsPtr& components) { components_ = components; },
      [this](stats_atom, AIRole role) { return stats(role); },
      [this](health_atom) { return health(); },
      [this](subscribe_atom, const supervision_subscriber& subscriber) {
        subscribers_->add(subscriber);
        watch(subscriber);
        return Ack{};
      },
      [this](unsubscribe_atom, const supervision_subscriber& subscriber) {
        subscribers_->remove(caf::actor_cast<caf::actor_addr>(subscriber));
        watcher_.forget(subscriber);
        return Ack{};
      },
  };
}

void HealthActor::watch(const supervision_subscriber& subscriber) {
  watcher_.watch(subscriber, [this, subscriber](const caf::error&) {
    subscribers_->remove(caf::actor_cast<caf::actor_addr>(subscriber));
  });
}

void HealthActor::note(SupervisionEvent event) {
  subscribers_->tell_all(self_, event);
  figures_->note(std::move(event));
}

RoleStats HealthActor::with_gauges(AIRole role, const RoleStats& gauges) const {
  auto figures = figures_->of(role);
  figures.queued = gauges.queued;
  figures.in_flight = gauges.in_flight;
  return figures;
}

HealthActor::Promise<RoleStats> HealthActor::stats(AIRole role) {
  auto promise = self_->make_response_promise<RoleStats>();
  const auto owed = guard(promise, name);
  ask_watched(self_, components_->role(role).handle, stats_atom_v)
      .then(
          [this, owed, role](const RoleStats& gauges) { owed->deliver(with_gauges(role, gauges)); },
          [this, owed, role](const caf::error&) { owed->deliver(with_gauges(role, {})); });
  return promise;
}

HealthActor::Promise<Health> HealthActor::health() {
  auto promise = self_->make_response_promise<Health>();
  struct Gathered {
    Health health;
    std::size_t left = all_roles().size() + 1;
  };
  const auto gathered = std::make_shared<Gathered>();
  gathered->health.roles.resize(all_roles().size());
  // Each query gets exactly one reply or error; the last one completes the result.
  auto arrived = [this, gathered, owed = guard(promise, name)] {
    if (--gathered->left > 0)
      return;
    auto& health = gathered->health;
    figures_->fill(health);
    owed->deliver(std::move(health));
  };
  for (const auto role : all_roles()) {
    auto take = [this, gathered, arrived, role](const RoleStats& gauges) {
      gathered->health.roles[index_of(role)] = with_gauges(role, gauges);
      arrived();
    };
    ask_watched(self_, components_->role(role).handle, stats_atom_v)
        .then(take, [take](const caf::error&) { take({}); });
  }
  // Query the circuit after the version, since a reply of Ollama closes it.
  auto then_circuit = [this, gathered, arrived] {
    ask_watched(self_, components_->client.handle, circuit_atom_v)
        .then(
            [gathered, arrived](CircuitHealth& circuit) {
              gathered->health.circuit = std::move(circuit);
              arrived();
            },
            [arrived](const caf::error&) { arrived(); });
  };
  ask_watched(self_, components_->client.handle, version_atom_v)
      .then(
          [gathered, then_circuit](std::string& version) {
            gathered->health.reachable = true;
            gathered->health.version = std::move(version);
            then_circuit();
          },
          [then_circuit](const caf::error&) { then_circuit(); });
  return promise;
}

health_actor spawn_health(caf::actor_system& system, std::shared_ptr<Figures> figures,
                          std::shared_ptr<EventSubscribers> subscribers) {
  return spawn_state<HealthActor>(system, std::move(figures), std::move(subscribers));
}

} // namespace nexus::llm
