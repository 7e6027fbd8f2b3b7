#include "runtime/node/node_figures.hpp"

#include <type_traits>

namespace nexus::llm {

namespace {

/// Adds every figure; whose they are is none.
void add(RoleStats& sum, const RoleStats& one) {
  RoleStats::fields(sum, [&one](auto... total) {
    RoleStats::fields(one, [&](auto... part) {
      auto each = [](auto& to, const auto& what) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(to)>, AIRole>)
          to += what;
      };
      (each(total.value, part.value), ...);
    });
  });
}

} // namespace

RoleStats sum_of(AIRole role, const OfNodes<RoleStats>& nodes) {
  RoleStats sum{.role = role};
  for (const auto& [name, stats] : nodes)
    add(sum, stats);
  return sum;
}

Health sum_of(const OfNodes<Health>& nodes) {
  if (nodes.size() == 1)
    return nodes.front().second;
  Health sum;
  for (const auto role : all_roles)
    sum.roles.push_back({.role = role});
  for (const auto& [name, health] : nodes) {
    sum.reachable = sum.reachable || health.reachable;
    if (!health.version.empty())
      sum.version = health.version;
    for (auto component : health.components) {
      component.name = name + " " + component.name;
      sum.components.push_back(std::move(component));
    }
    for (const auto& stats : health.roles)
      add(sum.roles[index_of(stats.role)], stats);
  }
  return sum;
}

} // namespace nexus::llm
