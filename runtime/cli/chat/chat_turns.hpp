// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "runtime/cli/answer.hpp"
#include "runtime/cli/chat/chat_exit.hpp"
#include "runtime/cli/chat/chat_reader.hpp"
#include "runtime/cli/chat/chat_state.hpp"
#include "runtime/cli/chat/context_window.hpp"
#include "runtime/cli/chat/conversation_keeper.hpp"
#include "runtime/cli/tools/tool_arguments.hpp"

namespace nexus::llm::cli {

/// The turns of a conversation: a message and its answer. Not thread-safe.
class ChatTurns {
public:
  ChatTurns(const Asker& asker, const ToolArguments& tools, ChatState& state, ChatExit& exit,
            ChatReader& reader, ConversationKeeper& keeper, ContextWindow& window)
      : asker_{asker}, tools_{tools}, state_{state}, exit_{exit}, reader_{reader}, keeper_{keeper},
        window_{window} {}

  /// Sends a message and shows its answer. A message that fails is no part of the conversation.
  void take(std::string text);
  /// Asks the last message again. If that fails, the earlier answer stays.
  void retry();
  /// Forgets the last message and its answer.
  void undo();

private:
  using Messages = std::vector<ChatMessage>;

  /// Sends the conversation and adds the answer. On failure, restores `before` and returns false.
  bool ask(const Messages& before);
  /// Takes the last message back, and offers its text to the user again.
  void take_back(const Messages& before, const std::string& reason);

  const Asker& asker_;
  const ToolArguments& tools_;
  ChatState& state_;
  ChatExit& exit_;
  ChatReader& reader_;
  ConversationKeeper& keeper_;
  ContextWindow& window_;
};

} // namespace nexus::llm::cli
