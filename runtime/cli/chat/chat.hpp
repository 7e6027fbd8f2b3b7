// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/cli/answer.hpp"
#include "runtime/cli/chat/chat_arguments.hpp"
#include "runtime/cli/chat/chat_commands.hpp"
#include "runtime/cli/chat/chat_exit.hpp"
#include "runtime/cli/chat/chat_reader.hpp"
#include "runtime/cli/chat/chat_state.hpp"
#include "runtime/cli/chat/chat_turns.hpp"
#include "runtime/cli/chat/context_window.hpp"
#include "runtime/cli/chat/conversation_keeper.hpp"
#include "runtime/cli/common_options.hpp"
#include "runtime/cli/terminal/line_source.hpp"

namespace nexus::llm::cli {

/// A conversation with a model, and the commands of the person who holds it. Not thread-safe.
class Chat {
public:
  Chat(const CommonOptions& common, const ChatArguments& arguments, Session& session,
       Output& output, GenerateOptions options);

  /// Holds the conversation to its end. The images, in base64, go with the first message. Returns
  /// the exit code.
  int run(std::vector<std::string> images);

private:
  [[nodiscard]] std::unique_ptr<LineSource> make_lines();
  [[nodiscard]] std::vector<std::string> model_names();
  /// Reads and processes messages. Returns when the program should terminate.
  void converse();

  Asker asker_;
  Output& output_;
  const ChatArguments& arguments_;
  ChatExit exit_;
  ChatState state_;
  ConversationKeeper keeper_;
  ContextWindow window_;
};

} // namespace nexus::llm::cli
