// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/cli/chat/chat_exit.hpp"
#include "runtime/cli/interrupts.hpp"
#include "runtime/cli/output.hpp"
#include "runtime/cli/terminal/line_source.hpp"

namespace nexus::llm::cli {

/// Reads the messages of a conversation. Not thread-safe.
class ChatReader {
public:
  struct Message {
    std::string text;
    bool verbatim = false; ///< never a command
  };

  ChatReader(Interrupts& interrupts, Output& output, ChatExit& exit,
             std::unique_ptr<LineSource> lines)
      : interrupts_{interrupts}, output_{output}, exit_{exit}, lines_{std::move(lines)} {}

  /// Reads a message: one line, several lines between quotes, or several pasted lines. Returns
  /// `nullopt` at the end of the conversation, which a second interrupt in succession is, too.
  [[nodiscard]] std::optional<Message> read();
  /// Asks a question at the terminal. Anything but `y` or `yes` means no.
  [[nodiscard]] bool confirm(const std::string& question);
  /// Lets the next message begin with a text, for the user to change. Returns false if that is not
  /// possible.
  bool propose(std::string text) { return lines_->propose(std::move(text)); }
  /// Ends the interrupt of an answer: the next one in succession ends the conversation.
  void answer_was_interrupted();

private:
  using Event = LineSource::Event;

  std::optional<Message> read_quoted(std::string text, bool whole);
  Event read_line(std::string_view sign, std::string& line, bool inside = false);

  Interrupts& interrupts_;
  Output& output_;
  ChatExit& exit_;
  std::unique_ptr<LineSource> lines_;
  bool leaving_ = false; ///< the last event was an interrupt
};

} // namespace nexus::llm::cli
