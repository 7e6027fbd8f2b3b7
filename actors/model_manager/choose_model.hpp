#pragma once

#include <string>
#include <vector>

#include "actors/internal_interfaces.hpp"
#include "actors/model_manager/model_catalogue.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm {

/// The models that may answer a request, in the order of preference.
struct ModelChoice {
  std::vector<std::string> candidates;
  std::string first; ///< whose absence is told where none of them is there
};

/// The wanted model alone, or, where none is wanted, that of the role and its fallbacks; without
/// those that are excluded.
[[nodiscard]] ModelChoice models_for(AIRole role, const std::string& wanted,
                                     const std::vector<std::string>& excluded,
                                     const LLMClientConfig& config);

/// The first of these that is installed and may be used. Errors: `remote_model_refused`,
/// `model_not_found`.
[[nodiscard]] Result<ResolvedModel> choose_model(const ModelCatalogue& catalogue,
                                                 const ModelChoice& choice,
                                                 const LLMClientConfig& config);

} // namespace nexus::llm
