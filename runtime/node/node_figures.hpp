#pragma once

#include <string>
#include <utility>
#include <vector>

#include "nexus_llm/health.hpp"

/// Figures of several nodes as those of one.
namespace nexus::llm {

/// What one node, named first, has told.
template <class T> using OfNodes = std::vector<std::pair<std::string, T>>;

/// The sums.
[[nodiscard]] RoleStats sum_of(AIRole role, const OfNodes<RoleStats>& nodes);

/// That of the only node as it is. Of several: reachable where one is, with the sums of the roles,
/// and with all components, which bear the names of their nodes; each node has a circuit of its
/// own, of which none is told.
[[nodiscard]] Health sum_of(const OfNodes<Health>& nodes);

} // namespace nexus::llm
