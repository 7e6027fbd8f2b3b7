// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "runtime/cli/answer.hpp"
#include "runtime/cli/chat/chat_exit.hpp"
#include "runtime/cli/chat/chat_line.hpp"
#include "runtime/cli/chat/chat_reader.hpp"
#include "runtime/cli/chat/chat_state.hpp"
#include "runtime/cli/chat/chat_turns.hpp"
#include "runtime/cli/chat/context_window.hpp"
#include "runtime/cli/chat/conversation_keeper.hpp"

namespace nexus::llm::cli {

/// The commands of a conversation, such as `/model`. Not thread-safe.
class ChatCommands {
public:
  ChatCommands(const Asker& asker, ChatState& state, ChatExit& exit, ChatReader& reader,
               ConversationKeeper& keeper, ContextWindow& window, ChatTurns& turns)
      : asker_{asker}, output_{asker.output}, state_{state}, exit_{exit}, reader_{reader},
        keeper_{keeper}, window_{window}, turns_{turns} {}

  /// Carries a command out. Returns false if the program should terminate.
  [[nodiscard]] bool run(const ChatLine& command);

private:
  void clear();
  void set_system(const std::string& text);
  void set_model(const std::string& name);
  bool pull(const std::string& name);
  void set_option(const std::string& text);
  void show();
  void show_tokens();
  void attach(const std::string& path);
  [[nodiscard]] std::string model_in_force() const;

  const Asker& asker_;
  Output& output_;
  ChatState& state_;
  ChatExit& exit_;
  ChatReader& reader_;
  ConversationKeeper& keeper_;
  ContextWindow& window_;
  ChatTurns& turns_;
};

} // namespace nexus::llm::cli
