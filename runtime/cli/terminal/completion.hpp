// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::llm::cli {

/// What may stand from an offset of a text up to the cursor.
struct Completion {
  std::size_t from = 0;
  std::vector<std::string> candidates;
};

/// Returns the completion of a text up to the cursor.
using Completer = std::function<Completion(std::string_view text)>;

/// Names that only the conversation knows; each is asked for only if it is needed.
struct ChatNames {
  std::function<std::vector<std::string>()> models;
  std::function<std::vector<std::string>()> conversations;
};

/// Completes a command of a conversation: its name, and behind it a model, an option, a saved
/// conversation or a file. `text` is what stands before the cursor.
[[nodiscard]] Completion complete_chat(std::string_view text, const ChatNames& names);

/// Returns what all texts begin with.
[[nodiscard]] std::string common_beginning(const std::vector<std::string>& texts);

} // namespace nexus::llm::cli
