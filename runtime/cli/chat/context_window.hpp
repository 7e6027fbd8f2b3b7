// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

#include "runtime/cli/answer.hpp"
#include "runtime/cli/chat/chat_state.hpp"

namespace nexus::llm::cli {

/// The context window of a conversation, and how full it was after the last answer. Not
/// thread-safe.
class ContextWindow {
public:
  /// `person`: somebody is there for whom Ollama may be asked.
  ContextWindow(const Asker& asker, const ChatState& state, bool person)
      : asker_{asker}, state_{state}, person_{person} {}

  /// Returns its size in tokens; 0 if it is not known.
  [[nodiscard]] std::uint64_t size();
  /// Says how full it was.
  [[nodiscard]] std::string fill();
  void warn_if_nearly_full();

private:
  const Asker& asker_;
  const ChatState& state_;
  const bool person_;
  std::string model_;      ///< the model of `told_`
  std::uint64_t told_ = 0; ///< as Ollama has told
};

} // namespace nexus::llm::cli
