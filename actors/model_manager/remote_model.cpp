// SPDX-License-Identifier: BSD-3-Clause
#include "actors/model_manager/remote_model.hpp"

#include <algorithm>
#include <string>

#include "config/model_name.hpp"

namespace nexus::llm {

std::optional<LLMError> remote_refusal(std::string_view model, std::string_view remote_host,
                                       const LLMClientConfig& config) {
  if (config.allow_remote_models)
    return std::nullopt;
  if (remote_host.empty() && is_cloud_name(model))
    remote_host = "ollama.com";
  if (remote_host.empty())
    return std::nullopt;
  return LLMError{.code = ErrorCode::remote_model_refused,
                  .subject = std::string{model} + " runs at " + std::string{remote_host},
                  .model = std::string{model}};
}

std::optional<LLMError> remote_refusal(std::string_view model,
                                       const std::vector<ModelStatus>& installed,
                                       const LLMClientConfig& config) {
  const auto status = std::ranges::find_if(
      installed, [model](const ModelStatus& one) { return same_model(one.name, model); });
  return remote_refusal(model, status != installed.end() ? status->remote_host : std::string{},
                        config);
}

} // namespace nexus::llm
