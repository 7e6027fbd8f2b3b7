// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/components.hpp"
#include "actors/handles/handles.hpp"
#include "actors/supervision/chance.hpp"
#include "actors/supervision/component_factories.hpp"
#include "actors/supervision/health_actor.hpp"
#include "actors/supervision/restart_budget.hpp"
#include "nexus_llm/config_store.hpp"
#include "nexus_llm/log.hpp"

namespace nexus::llm {

/// What a supervisor needs.
struct SupervisorParts {
  LLMClientConfig config;
  std::shared_ptr<ConfigStore> store;
  TransportFactory make_transport;
  std::shared_ptr<const ComponentFactories> factories = std::make_shared<ComponentFactories>();
  Chance chance = {};
  Log log = {};
};

/// The components that a supervisor owns: how to start each one, the running actor, and its restart
/// budget. Part of the state of the supervisor. Not thread-safe.
class ChildSet {
public:
  using Time = std::chrono::steady_clock::time_point;
  using Millis = std::chrono::milliseconds;
  /// The runs of a role that know a terminated RoleActor.
  using LiveRuns = std::function<std::vector<RequestId>(AIRole)>;

  ChildSet(supervisor_internal::pointer self, SupervisorParts parts, Handles handles,
           LiveRuns live_runs);
  ChildSet(const ChildSet&) = delete;
  ChildSet& operator=(const ChildSet&) = delete;
  ~ChildSet();

  [[nodiscard]] std::size_t size() const noexcept { return children_.size(); }
  [[nodiscard]] const std::string& name_of(std::size_t child) const {
    return children_.at(child).name;
  }
  [[nodiscard]] const caf::strong_actor_ptr& actor(std::size_t child) const {
    return children_.at(child).actor;
  }
  [[nodiscard]] caf::strong_actor_ptr find(const std::string& name) const;
  [[nodiscard]] bool streaming_alive() const;

  /// Starts a component with the settings in force, and connects its handle to it. Throws what its
  /// factory throws.
  void start(std::size_t child);
  /// A component has failed. Returns the delay before its restart, or nothing if it has used up its
  /// restarts.
  [[nodiscard]] std::optional<Millis> on_failed(std::size_t child, std::string reason, Time now);
  /// Sets the settings and sends them to the components.
  void set_config(LLMClientConfig config);
  /// The current components; a new object after each `start` and `set_config`.
  [[nodiscard]] const ComponentsPtr& components() const noexcept { return components_; }
  [[nodiscard]] const LLMClientConfig& config() const { return *components_->config; }

private:
  struct Child {
    std::string name;
    std::function<caf::strong_actor_ptr(Components&)> make; ///< starts it and enters it
    caf::strong_actor_ptr actor;                            ///< null while it is not running
    RestartBudget budget;
    std::uint64_t starts = 0;
    std::string last_failure;
  };

  void define(std::string name, std::function<caf::strong_actor_ptr(Components&)> make);
  /// Sends the components to the actors that use them, apart from requests.
  void tell_snapshot() const;
  void note(const Child& child) const;
  void tell_health(SupervisionEvent::Kind kind, const Child& child) const;

  supervisor_internal::pointer self_;
  SupervisorParts parts_;
  Handles handles_;
  ComponentsPtr components_;
  std::vector<Child> children_; ///< the HealthActor is the first
  bool complete_ = false;       ///< all components were running at the same time once
};

} // namespace nexus::llm
