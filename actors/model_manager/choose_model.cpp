// SPDX-License-Identifier: BSD-3-Clause
#include "actors/model_manager/choose_model.hpp"

#include <algorithm>

#include "actors/model_manager/remote_model.hpp"
#include "config/model_name.hpp"

namespace nexus::llm {

ModelChoice models_for(AIRole role, const std::string& wanted,
                       const std::vector<std::string>& excluded, const LLMClientConfig& config) {
  ModelChoice choice{.candidates = {wanted.empty() ? config.model(role) : wanted}, .first = {}};
  if (wanted.empty())
    for (const auto& model : config.settings(role).fallback_models)
      choice.candidates.push_back(model);
  choice.first = choice.candidates.front();
  std::erase_if(choice.candidates, [&excluded](const std::string& model) {
    return std::ranges::any_of(
        excluded, [&model](const std::string& other) { return same_model(model, other); });
  });
  return choice;
}

Result<ResolvedModel> choose_model(const ModelCatalogue& catalogue, const ModelChoice& choice,
                                   const LLMClientConfig& config) {
  std::optional<LLMError> refused;
  for (const auto& model : choice.candidates) {
    const auto* known = catalogue.find(model);
    if (auto why = remote_refusal(model, known != nullptr ? known->remote_host : "", config)) {
      if (!refused)
        refused = std::move(why);
    } else if (known != nullptr) {
      return ResolvedModel{.name = model, .digest = known->digest};
    }
  }
  if (refused)
    return failure(std::move(*refused));
  return failure(ErrorCode::model_not_found, choice.first);
}

} // namespace nexus::llm
