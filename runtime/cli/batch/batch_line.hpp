// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nexus_llm/ai_role.hpp"
#include "nexus_llm/llm_request.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm::cli {

/// One request of a batch. Plain data.
struct BatchLine {
  std::string id;                    ///< JSON text of a text or whole number; empty: none
  std::optional<AIRole> role;        ///< not set: that of the command line
  std::string prompt;                ///< empty: `messages` are set
  std::vector<ChatMessage> messages; ///< empty: `prompt` is set
  GenerateOptions options;
  bool names_model = false; ///< the line itself chooses the model
};

/// Reads a line of a batch: an object with the members that Ollama's `/api/generate` (`prompt`) or
/// `/api/chat` (`messages`) takes, `id` and `role`. `defaults` hold for what the line does not set.
/// Errors: `invalid_argument` with the member, also for one that is not known.
[[nodiscard]] Result<BatchLine> parse_batch_line(std::string_view text,
                                                 const GenerateOptions& defaults);

/// Returns a number for the content of a line, by which a changed line is noticed.
[[nodiscard]] std::uint64_t digest_of(std::string_view line);

} // namespace nexus::llm::cli
