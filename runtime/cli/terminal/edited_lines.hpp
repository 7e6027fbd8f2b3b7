// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/cli/interrupts.hpp"
#include "runtime/cli/output.hpp"
#include "runtime/cli/terminal/history_file.hpp"
#include "runtime/cli/terminal/key_decoder.hpp"
#include "runtime/cli/terminal/line_editor.hpp"
#include "runtime/cli/terminal/line_source.hpp"
#include "runtime/cli/terminal/raw_terminal.hpp"

namespace nexus::llm::cli {

/// Reads typed or pasted input from a terminal, with a line editor, and reports interrupts while it
/// waits. Input typed between two calls is kept and shown by the next call.
class EditedLines final : public LineSource {
public:
  /// Whether stdin is a terminal, another stream can display the editor, and TERM names a terminal
  /// with cursor addressing.
  [[nodiscard]] static bool possible();

  /// `history` keeps the input for later conversations; null: nothing is kept.
  EditedLines(Interrupts& interrupts, Output& output, std::optional<HistoryFile> history);

  [[nodiscard]] Event next(std::string_view sign, std::string& line) override;
  [[nodiscard]] Event ask(std::string_view question, std::string& line) override;
  bool propose(std::string text) override;
  void complete_with(Completer completer) override { completer_ = std::move(completer); }

private:
  [[nodiscard]] Event read(std::string_view sign, std::string& line);
  /// Lets the user go on with the text in a program of their own.
  void edit_in_program(std::string_view sign);
  void remember(const std::string& text);
  /// Returns the next key, or `nullopt` and sets `event`.
  [[nodiscard]] std::optional<Key> next_key(Event& event);
  void show(const std::string& sequence) const;
  [[nodiscard]] ScreenSize screen_size() const;

  Interrupts& interrupts_;
  Output& output_;
  const int display_;
  RawTerminal terminal_;
  KeyDecoder keys_;
  LineEditor editor_;
  std::optional<HistoryFile> history_;
  Completer completer_;
  std::string remembered_;            ///< the latest text for the history file
  std::deque<std::string> unwritten_; ///< texts for it that could not be written yet
  bool told_of_failure_ = false;
  std::string proposed_; ///< begins the next text
};

} // namespace nexus::llm::cli
