// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <mutex>
#include <vector>

#include "nexus_llm/health.hpp"
#include "nexus_llm/per_role.hpp"

namespace nexus::llm {

/// The counters and the history of a system. Requests update them directly, so that no figure is
/// lost with an actor and none costs a message. Thread-safe.
class Figures {
public:
  /// Adds to the figures of a role. Returns true if this is the first overload rejection since a
  /// request was last answered.
  bool add(const RoleStats& more);
  void note(ComponentHealth component);
  void note(SupervisionEvent event);
  void note(const ModelWork& models);

  [[nodiscard]] RoleStats of(AIRole role) const;
  /// Fills in the components, the work on models and the latest events.
  void fill(Health& health) const;

private:
  mutable std::mutex mutex_;
  PerRole<RoleStats> roles_{};
  ModelWork models_;
  std::vector<ComponentHealth> components_;
  std::vector<SupervisionEvent> events_; ///< the latest, oldest first
  bool overloaded_ = false;
};

} // namespace nexus::llm
