// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "runtime/cli/output.hpp"
#include "runtime/cli/session.hpp"

namespace nexus::llm::cli {

/// The outcome of a request after it was shown.
struct Answer {
  Result<LLMResponse> response;
  std::string shown; ///< the shown text; the complete answer unless the request has failed
};

/// The common arguments of all requests of a command.
struct Asker {
  Session& session;
  Output& output;
  AIRole role = AIRole::overseer;
  bool stream = true;
  bool silent = false; ///< without streaming: do not show the text of the answer
};

/// Sends a request and shows its answer as it arrives. An interrupt cancels the request. Does not
/// show failures.
[[nodiscard]] Answer ask_prompt(const Asker& asker, const std::string& prompt,
                                GenerateOptions options);
[[nodiscard]] Answer ask_chat(const Asker& asker, const std::vector<ChatMessage>& messages,
                              GenerateOptions options);

} // namespace nexus::llm::cli
