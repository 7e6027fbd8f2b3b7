// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/cli/chat/chat_arguments.hpp"
#include "runtime/cli/chat/chat_exit.hpp"
#include "runtime/cli/chat/chat_reader.hpp"
#include "runtime/cli/chat/chat_state.hpp"
#include "runtime/cli/chat/conversation_store.hpp"

namespace nexus::llm::cli {

/// Keeps a conversation under a name: opens it, and saves it after each answer. Not thread-safe.
class ConversationKeeper {
public:
  ConversationKeeper(ChatState& state, ChatExit& exit, Output& output,
                     const ChatArguments& arguments);

  /// Opens the conversation that the arguments name. Returns false on failure.
  [[nodiscard]] bool open();
  /// Returns the names of what is saved, the latest first.
  [[nodiscard]] std::vector<std::string> names() const;
  /// Returns the name under which the conversation is saved; empty if it is not.
  [[nodiscard]] std::string name() const { return failed_ ? std::string{} : name_; }

  /// Saves the conversation, if it has a name.
  void keep();
  /// Leaves the saved conversation as it is: what follows is another one.
  void leave();
  /// Saves the conversation under a name, and each further answer with it. Asks before it replaces
  /// another conversation.
  void save_as(const std::string& name, ChatReader& reader);
  /// Goes on with a saved conversation, or lists them.
  void load(const std::string& name);
  /// Tells which conversation goes on.
  void tell_resumed() const;

private:
  void use(Conversation conversation);
  /// Whether another program has changed what was saved.
  [[nodiscard]] bool is_of_another() const;

  ChatState& state_;
  ChatExit& exit_;
  Output& output_;
  const ChatArguments& arguments_;
  std::optional<ConversationStore> store_;
  std::string name_;                 ///< empty: it is not to be saved
  std::optional<Conversation> kept_; ///< what its file holds, as far as is known
  bool failed_ = false;              ///< the last answer could not be saved
};

} // namespace nexus::llm::cli
