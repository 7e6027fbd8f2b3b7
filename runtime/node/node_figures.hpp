// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "nexus_llm/health.hpp"

/// Combines the statistics of several nodes.
namespace nexus::llm {

/// The answers of several nodes, each with the name of its node.
template <class T> using OfNodes = std::vector<std::pair<std::string, T>>;

/// Returns the sum of the statistics.
[[nodiscard]] RoleStats sum_of(AIRole role, const OfNodes<RoleStats>& nodes);

/// Returns the state of a single node unchanged. For several nodes, the result is reachable if any
/// node is, has the sums of the roles, and lists all components and events, prefixed with the names
/// of their nodes. It omits the circuit, since each node has its own.
[[nodiscard]] Health sum_of(const OfNodes<Health>& nodes);

/// Returns the requests of all nodes, the oldest first.
[[nodiscard]] RunningRequests sum_of(const OfNodes<RunningRequests>& nodes);

} // namespace nexus::llm
