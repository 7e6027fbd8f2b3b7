// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "actors/internal_interfaces.hpp"
#include "actors/model_manager/model_catalogue.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm {

/// The models that may serve a request, in order of preference.
struct ModelChoice {
  std::vector<std::string> candidates;
  std::string first; ///< named in the error if no candidate is installed
};

/// Only the wanted model, or, if none is wanted, the model of the role and its fallbacks; without
/// the excluded models.
[[nodiscard]] ModelChoice models_for(AIRole role, const std::string& wanted,
                                     const std::vector<std::string>& excluded,
                                     const LLMClientConfig& config);

/// The first candidate that is installed and may be used.
/// Errors: `remote_model_refused`, `model_not_found`.
[[nodiscard]] Result<ResolvedModel> choose_model(const ModelCatalogue& catalogue,
                                                 const ModelChoice& choice,
                                                 const LLMClientConfig& config);

} // namespace nexus::llm
