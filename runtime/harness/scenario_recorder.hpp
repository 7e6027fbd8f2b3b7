#pragma once

#include <string>
#include <vector>

#include "nexus_llm/llm_client_config.hpp"
#include "nexus_llm/llm_request.hpp"
#include "nexus_llm/llm_response.hpp"
#include "nexus_llm/result.hpp"
#include "runtime/harness/recording.hpp"

namespace nexus::llm::testing {

/// One prompt of a live session and what became of it.
struct RecordedPrompt {
  AIRole role = AIRole::overseer;
  std::string prompt;
  GenerateOptions options;
  Recording::Clock::time_point asked;
  Result<LLMResponse> answer;
};

/// The scenario, as JSON text, that plays what happened in a live session: prompts that were asked
/// one after the other, each streamed, the settings, and what went over the wire meanwhile.
/// Errors: `invalid_argument` where the session cannot be played (an answer that is no UTF-8).
[[nodiscard]] Result<std::string> recorded_scenario(const std::string& name,
                                                    const LLMClientConfig& config,
                                                    const std::vector<RecordedPrompt>& prompts,
                                                    const std::vector<Recording::Exchange>& wire);

} // namespace nexus::llm::testing
