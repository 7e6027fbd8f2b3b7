#pragma once

#include <string>
#include <vector>

#include "runtime/cli/output.hpp"
#include "runtime/cli/session.hpp"

namespace nexus::llm::cli {

/// How a request ended, after it was shown.
struct Answer {
  Result<LLMResponse> response;
  std::string shown; ///< the text that was shown; the whole answer unless the request failed
};

/// What every request of a command has in common.
struct Asker {
  Session& session;
  Output& output;
  AIRole role = AIRole::overseer;
  bool stream = true;
};

/// Makes a request and shows its answer as it comes; an interrupt meanwhile cancels it. Failures
/// are not shown.
[[nodiscard]] Answer ask_prompt(const Asker& asker, const std::string& prompt,
                                GenerateOptions options);
[[nodiscard]] Answer ask_chat(const Asker& asker, const std::vector<ChatMessage>& messages,
                              GenerateOptions options);

} // namespace nexus::llm::cli
