#pragma once

#include <mutex>
#include <vector>

#include "nexus_llm/health.hpp"
#include "nexus_llm/per_role.hpp"

namespace nexus::llm {

/// What a system counts, and what is known of its past. Requests add to it by themselves, so that
/// no figure is lost with an actor, and none costs a message. Any thread.
class Figures {
public:
  /// Adds to the figures of a role. True where requests begin to be rejected for overload.
  bool add(const RoleStats& more);
  void note(ComponentHealth component);
  void note(SupervisionEvent event);
  void note(const ModelWork& models);

  [[nodiscard]] RoleStats of(AIRole role) const;
  /// Enters the components, the work on models and the latest events.
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
