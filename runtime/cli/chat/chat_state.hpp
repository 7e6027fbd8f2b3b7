// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "nexus_llm/chat_message.hpp"
#include "nexus_llm/llm_response.hpp"
#include "runtime/cli/chat/chat_settings.hpp"
#include "runtime/cli/chat/conversation.hpp"

namespace nexus::llm::cli {

/// What a conversation has come to. Plain data.
struct ChatState {
  explicit ChatState(GenerateOptions options)
      : settings{std::move(options)}, first_model{settings.options().model},
        first_system{settings.options().system} {}

  ChatSettings settings;
  std::string first_model; ///< from the command line
  std::optional<std::string> first_system;
  std::vector<ChatMessage> messages = {};
  std::vector<std::string> images = {}; ///< for the next message, in base64
  std::string last_model = {};          ///< of the last answer
  GenerateStats last_stats = {};        ///< likewise

  /// Returns the number of tokens that the last answer and all before it take.
  [[nodiscard]] std::uint64_t tokens() const noexcept {
    return last_stats.prompt_eval_count + last_stats.eval_count;
  }

  /// Takes over a conversation, except for what the command line sets. Leaves the options.
  void use(Conversation conversation);
  /// Returns the conversation as it can be kept.
  [[nodiscard]] Conversation conversation() const;
};

} // namespace nexus::llm::cli
