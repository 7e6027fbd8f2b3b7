// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "nexus_llm/errors.hpp"
#include "nexus_llm/llm_client_config.hpp"
#include "nexus_llm/model_status.hpp"

namespace nexus::llm {

/// The error if a model runs on another machine and the settings do not allow that; nothing if the
/// model may be used. `remote_host` is what Ollama reports; cloud models are recognised by name.
[[nodiscard]] std::optional<LLMError>
remote_refusal(std::string_view model, std::string_view remote_host, const LLMClientConfig& config);

/// The same, with `remote_host` from the list of installed models.
[[nodiscard]] std::optional<LLMError> remote_refusal(std::string_view model,
                                                     const std::vector<ModelStatus>& installed,
                                                     const LLMClientConfig& config);

} // namespace nexus::llm
