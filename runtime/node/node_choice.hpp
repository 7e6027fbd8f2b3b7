#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/model_name.hpp"
#include "nexus_llm/per_role.hpp"

namespace nexus::llm {

/// What is known of the models of a node.
struct NodeModels {
  bool known = false;
  std::vector<std::string> installed;
  PerRole<std::string> of_role; ///< the model of each role there

  /// Whether it can answer: it has the wanted model, or, where none is wanted, that of the role.
  /// What is not known yet counts as there.
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

/// A node that a request could go to.
struct NodeCandidate {
  std::size_t index = 0;
  bool can_serve = true;
  std::size_t outstanding = 0;
};

/// The node with the least to do among those that can serve the request; where none can, among
/// all: it will tell the caller why. The earlier one of equals. Nothing where there is none.
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
