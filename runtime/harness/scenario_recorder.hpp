// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "nexus_llm/llm_client_config.hpp"
#include "nexus_llm/llm_request.hpp"
#include "nexus_llm/llm_response.hpp"
#include "nexus_llm/result.hpp"
#include "runtime/harness/recording.hpp"

namespace nexus::llm::testing {

/// A prompt of a live session and its outcome.
struct RecordedPrompt {
  AIRole role = AIRole::overseer;
  std::string prompt;
  GenerateOptions options;
  Recording::Clock::time_point asked;
  Result<LLMResponse> answer;
};

/// Creates a scenario, as JSON text, from a live session: its settings, its prompts, which were
/// streamed one after the other, and its HTTP traffic.
/// Errors: `invalid_argument` if the session cannot be played (a response that is not UTF-8).
[[nodiscard]] Result<std::string> recorded_scenario(const std::string& name,
                                                    const LLMClientConfig& config,
                                                    const std::vector<RecordedPrompt>& prompts,
                                                    const std::vector<Recording::Exchange>& wire);

} // namespace nexus::llm::testing
