// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/model_name.hpp"
#include "nexus_llm/per_role.hpp"

namespace nexus::llm {

/// The models of a node, as far as known.
struct NodeModels {
  bool known = false;
  std::vector<std::string> installed;
  PerRole<std::string> of_role; ///< the model of each role on the node

  /// Returns whether the node has the wanted model, or the model of the role if none is wanted.
  /// Returns true if that is not known yet.
  [[nodiscard]] bool can_serve(AIRole role, const std::string& wanted) const {
    const auto& model = wanted.empty() ? of_role[role] : wanted;
    if (!known || model.empty())
      return true;
    for (const auto& each : installed)
      if (same_model(each, model))
        return true;
    return false;
  }
};

/// A candidate node for a request.
struct NodeCandidate {
  std::size_t index = 0;
  bool can_serve = true;
  std::size_t outstanding = 0;
};

/// Returns the least loaded node that can serve the request. If none can, returns the least loaded
/// one of all, which then tells the caller why. Among equals, the first one wins. Returns `nullopt`
/// if there is no candidate.
[[nodiscard]] inline std::optional<std::size_t>
choose_node(const std::vector<NodeCandidate>& candidates) {
  const NodeCandidate* best = nullptr;
  for (const auto& each : candidates) {
    const bool better = best == nullptr || (each.can_serve && !best->can_serve) ||
                        (each.can_serve == best->can_serve && each.outstanding < best->outstanding);
    if (better)
      best = &each;
  }
  return best != nullptr ? std::optional{best->index} : std::nullopt;
}

} // namespace nexus::llm
