#pragma once

#include <memory>

#include "actors/components.hpp"
#include "actors/guarded_answer.hpp"
#include "actors/supervision/event_subscribers.hpp"
#include "actors/supervision/figures.hpp"

namespace nexus::llm {

/// HealthActor: tells the state of the system, and what supervision does. When it dies, its
/// successor goes on with the same figures; who listens to events must subscribe again.
class HealthActor {
public:
  using Base = health_actor::base;
  static constexpr const char* name = "HealthActor";

  HealthActor(health_actor::pointer self, std::shared_ptr<Figures> figures);

  [[nodiscard]] health_actor::behavior_type make_behavior();

private:
  template <class T> using Promise = caf::typed_response_promise<T>;

  void note(SupervisionEvent event);
  Promise<Health> health();
  Promise<RoleStats> stats(AIRole role);
  /// Adds what the RoleActor says of the moment.
  [[nodiscard]] RoleStats with_gauges(AIRole role, const RoleStats& gauges) const;

  health_actor::pointer self_;
  std::shared_ptr<Figures> figures_;
  ComponentsPtr components_;
  Watcher watcher_;
  EventSubscribers subscribers_;
};

[[nodiscard]] health_actor spawn_health(caf::actor_system& system,
                                        std::shared_ptr<Figures> figures);

} // namespace nexus::llm
