// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/node/node_figures.hpp"

#include <algorithm>
#include <functional>

namespace nexus::llm {

RoleStats sum_of(AIRole role, const OfNodes<RoleStats>& nodes) {
  RoleStats sum{.role = role};
  for (const auto& [name, stats] : nodes)
    sum += stats;
  return sum;
}

Health sum_of(const OfNodes<Health>& nodes) {
  if (nodes.size() == 1)
    return nodes.front().second;
  Health sum;
  for (const auto role : all_roles())
    sum.roles.push_back({.role = role});
  for (const auto& [name, health] : nodes) {
    sum.reachable = sum.reachable || health.reachable;
    if (!health.version.empty())
      sum.version = health.version;
    for (auto component : health.components) {
      component.name = name + " " + component.name;
      sum.components.push_back(std::move(component));
    }
    for (auto event : health.events) {
      event.subject = name + " " + event.subject;
      sum.events.push_back(std::move(event));
    }
    sum.models += health.models;
    for (const auto& stats : health.roles)
      sum.roles[index_of(stats.role)] += stats;
  }
  return sum;
}

RunningRequests sum_of(const OfNodes<RunningRequests>& nodes) {
  RunningRequests sum;
  for (const auto& [name, running] : nodes) {
    sum.total += running.total;
    sum.requests.insert(sum.requests.end(), running.requests.begin(), running.requests.end());
  }
  std::ranges::stable_sort(sum.requests, std::ranges::greater{}, &RunningRequest::age);
  if (sum.requests.size() > RunningRequests::most)
    sum.requests.resize(RunningRequests::most);
  return sum;
}

} // namespace nexus::llm
