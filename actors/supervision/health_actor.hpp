#pragma once

#include <array>
#include <deque>
#include <memory>
#include <vector>

#include "actors/components.hpp"
#include "actors/guarded_answer.hpp"
#include "actors/log.hpp"
#include "actors/supervision/event_subscribers.hpp"

namespace nexus::llm {

/// What a system knows of its past. Outlives the HealthActor that keeps it, not the system. One
/// HealthActor at a time touches it.
struct Figures {
  std::array<RoleStats, all_roles.size()> roles{};
  std::vector<ComponentHealth> components;
  std::deque<SupervisionEvent> events; ///< the latest
};

/// HealthActor: adds up what requests report, and tells the state of the system and what
/// supervision does. When it dies, its successor goes on with the same figures; subscribers must
/// subscribe again, and are told so by the end of the handle that they watch, if they watch it.
class HealthActor {
public:
  using Base = health_worker::base;
  static constexpr const char* name = "HealthActor";

  HealthActor(health_worker::pointer self, std::shared_ptr<Figures> figures, Log log);

  [[nodiscard]] health_worker::behavior_type make_behavior();

private:
  template <class T> using Promise = caf::typed_response_promise<T>;

  void add(const RoleStats& figures);
  void note(ComponentHealth component);
  void note(SupervisionEvent event);
  Promise<Health> health();
  Promise<RoleStats> stats(AIRole role);
  /// Adds what the RoleActor says of the moment.
  [[nodiscard]] RoleStats with_gauges(AIRole role, const RoleStats& gauges) const;

  health_worker::pointer self_;
  std::shared_ptr<Figures> figures_;
  Log log_;
  ComponentsPtr components_;
  Watcher watcher_;
  EventSubscribers subscribers_{watcher_};
  bool overloaded_ = false; ///< told the log so
};

[[nodiscard]] health_worker spawn_health(caf::actor_system& system,
                                         std::shared_ptr<Figures> figures, Log log);

} // namespace nexus::llm
