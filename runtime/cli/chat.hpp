// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/cli/answer.hpp"
#include "runtime/cli/chat_arguments.hpp"
#include "runtime/cli/chat_line.hpp"
#include "runtime/cli/chat_settings.hpp"
#include "runtime/cli/common_options.hpp"
#include "runtime/cli/conversation.hpp"
#include "runtime/cli/conversation_store.hpp"
#include "runtime/cli/line_source.hpp"

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
  struct Message {
    std::string text;
    bool verbatim = false; ///< never a command
  };
  using Messages = std::vector<ChatMessage>;

  [[nodiscard]] std::unique_ptr<LineSource> make_lines();
  [[nodiscard]] std::vector<std::string> model_names();
  /// Opens the conversation that the arguments name. Returns false on failure.
  bool open();

  std::optional<Message> read_message();
  std::optional<Message> read_quoted(std::string text, bool whole);
  LineSource::Event read_line(std::string_view sign, std::string& line, bool inside = false);
  /// Asks a question at the terminal. Anything but `y` or `yes` means no.
  bool confirm(const std::string& question);

  /// Processes a message. Returns false if the program should terminate.
  bool obey(const Message& message);
  /// Returns false if the program should terminate.
  bool run_command(const ChatLine& command);

  void turn(ChatMessage message);
  void retry();
  void undo();
  /// Sends the conversation and adds the answer. On failure, restores `before` and returns false.
  bool ask(const Messages& before);
  /// Takes the last message back, and offers its text to the user again.
  void take_back(const Messages& before, const std::string& reason);

  void clear();
  void set_system(const std::string& text);
  void set_model(const std::string& name);
  bool pull(const std::string& name);
  void set_option(const std::string& text);
  void show();
  void show_tokens();
  void attach(const std::string& path);
  void save_as(const std::string& name);
  void load(const std::string& name);
  void use(Conversation conversation);
  [[nodiscard]] Conversation conversation_now() const;
  /// Saves the conversation, if it has a place.
  void keep();

  /// Returns the size of the context window in tokens; 0 if it is not known.
  [[nodiscard]] std::uint64_t window();
  void warn_if_nearly_full();
  [[nodiscard]] std::string fill();
  [[nodiscard]] std::string model_in_force();

  /// Sets the exit code to the first failure unless stdin is a terminal, where users see failures.
  void note_failure(int code);
  void refuse(const LLMError& error) { note_failure(output_.fail(error)); }

  Asker asker_;
  Output& output_;
  const ChatArguments& arguments_;
  ChatSettings settings_;
  const std::string first_model_; ///< from the command line
  const std::optional<std::string> first_system_;
  const bool person_; ///< stdin is a terminal
  std::optional<ConversationStore> store_;
  std::unique_ptr<LineSource> lines_;
  Messages messages_;
  std::vector<std::string> images_;  ///< for the next message, in base64
  std::string name_;                 ///< of the saved conversation; empty: it is not saved
  std::optional<Conversation> kept_; ///< what its file holds, as far as is known
  std::string last_model_;           ///< of the last answer
  GenerateStats last_stats_;         ///< likewise
  std::string window_model_;         ///< the model of `model_window_`
  std::uint64_t model_window_ = 0;   ///< as Ollama has told
  bool leaving_ = false;             ///< the last event was an interrupt
  int code_ = 0; ///< the exit code; that of the first failure if stdin is not a terminal
};

} // namespace nexus::llm::cli
