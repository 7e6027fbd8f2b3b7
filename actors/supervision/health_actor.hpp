// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>

#include "actors/components.hpp"
#include "actors/guarded_answer.hpp"
#include "actors/supervision/event_subscribers.hpp"
#include "actors/supervision/figures.hpp"
#include "nexus_llm/portability_actors.hpp"

namespace nexus::llm {

/// HealthActor. Answers queries about the health and the figures of the system, and sends
/// supervision events to subscribers. When it dies, its successor continues with the same figures
/// and the same subscribers.
class HealthActor {
public:
  using Base = health_actor::base;
  static constexpr const char* name = "HealthActor";

  HealthActor(health_actor::pointer self, std::shared_ptr<Figures> figures,
              std::shared_ptr<EventSubscribers> subscribers);

  [[nodiscard]] health_actor::behavior_type make_behavior();

private:
  template <class T> using Promise = caf::typed_response_promise<T>;

  void watch(const supervision_subscriber& subscriber);
  void note(SupervisionEvent event);
  Promise<Health> health();
  Promise<RoleStats> stats(AIRole role);
  /// The figures of a role with the current gauges of its RoleActor.
  [[nodiscard]] RoleStats with_gauges(AIRole role, const RoleStats& gauges) const;

  health_actor::pointer self_;
  std::shared_ptr<Figures> figures_;
  ComponentsPtr components_;
  Watcher watcher_;
  std::shared_ptr<EventSubscribers> subscribers_;
};

[[nodiscard]] health_actor spawn_health(caf::actor_system& system, std::shared_ptr<Figures> figures,
                                        std::shared_ptr<EventSubscribers> subscribers);

} // namespace nexus::llm
