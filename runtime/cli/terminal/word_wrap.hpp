// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "runtime/cli/terminal/text_style.hpp"

namespace nexus::llm::cli {

/// Breaks text between words, by display width, for a terminal. The text may come in pieces of any
/// size that are split between characters; a word is given out as soon as its end is known. Nothing
/// that was given out is changed later, and no sequence moves the cursor.
///
/// East Asian text and emoji break between any two characters, except where a line would begin or
/// end with the wrong punctuation. A word that is wider than a line is not broken: the terminal
/// continues it on the next line, so that a URL can still be selected as a whole.
///
/// White space at a break and at the end of a line is dropped. Not thread-safe.
class WordWrap {
public:
  /// Without `styled`, styles have no effect and no escape sequence is given out.
  explicit WordWrap(bool styled, std::size_t cells = 80) : styled_{styled}, width_{cells} {}

  /// Sets the width of the lines that begin from now on.
  void set_width(std::size_t cells) noexcept { width_ = cells == 0 ? 80 : cells; }
  [[nodiscard]] std::size_t width() const noexcept { return width_; }

  /// Begins a line: `first` stands before it, `further` before the lines that it is broken into.
  void begin_line(const StyledText& first = {}, StyledText further = {});
  /// Adds text without line ends.
  void add(std::string_view text, const TextStyle& style = {});
  void add(const StyledText& text);
  /// Adds text that is neither broken nor changed.
  void add_verbatim(std::string_view text, const TextStyle& style = {});
  /// Ends the line.
  void end_line();
  /// Completes the last word, and ends its style. The line may go on.
  void flush();

  /// Returns what is to be written since the last call.
  [[nodiscard]] std::string take();

private:
  void end_word();
  void break_line();
  void write(std::string_view text, const TextStyle& style);
  void end_style();
  void write_prefix(const StyledText& prefix);
  [[nodiscard]] std::size_t cells_of_spaces() const;

  bool styled_;
  std::size_t width_;
  std::size_t line_width_ = 80; ///< of the current line
  std::size_t column_ = 0;
  std::size_t indent_ = 0; ///< the width of the prefix
  StyledText further_;
  std::string spaces_; ///< before the word
  TextStyle spaces_style_;
  StyledText word_;
  std::size_t word_cells_ = 0;
  std::string last_;       ///< the last character of the word
  bool continues_ = false; ///< a part of this word was written already
  TextStyle style_;        ///< in force at the terminal
  std::string out_;
};

} // namespace nexus::llm::cli
