#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "nexus_llm/errors.hpp"
#include "nexus_llm/llm_client_config.hpp"
#include "nexus_llm/model_status.hpp"

namespace nexus::llm {

/// Why a model may not be used: it runs on another machine, and the settings do not allow that.
/// Nothing for a model of this machine. `remote_host` is what Ollama tells of it; the names of
/// cloud models are known without.
[[nodiscard]] std::optional<LLMError>
remote_refusal(std::string_view model, std::string_view remote_host, const LLMClientConfig& config);

/// The same, with what the list of the installed models tells of it.
[[nodiscard]] std::optional<LLMError> remote_refusal(std::string_view model,
                                                     const std::vector<ModelStatus>& installed,
                                                     const LLMClientConfig& config);

} // namespace nexus::llm
