// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/cli/terminal/markdown_line.hpp"
#include "runtime/cli/terminal/terminal_filter.hpp"
#include "runtime/cli/terminal/word_wrap.hpp"

namespace nexus::llm::cli {

/// Shows the text of a model on a terminal while it comes: breaks lines between words and shows
/// light markdown (headings, emphasis, code, lists, quotations, links, tables). Not thread-safe.
///
/// What was given out is final: nothing is drawn again and the cursor is not moved, so nothing
/// flickers and the scrollback holds the text once. The pieces may be split anywhere, also within a
/// character; the result is the same as that of the whole text.
///
/// - A word is given out when its end is known.
/// - Emphasis, code and links are held back until they end. If that takes more than `longest_hold`
///   bytes or the rest of the line, their marks are shown as text. So no style is taken back and no
///   character is lost: everything but marks appears.
/// - Line ends are kept, also within a paragraph: models write verses and addresses. So a mark
///   counts within its line only.
/// - A block of code is given out as it comes, between two faint rules, and not broken: its lines
///   can be copied. The indent of its fence is dropped.
/// - A table is held back to its end, or up to `longest_table` rows, since its columns need all
///   widths.
///
/// Without `styled` no escape sequence is given out and all marks stay; lines are broken, and
/// tables are aligned. Control characters are dropped as `TerminalFilter` does.
class MarkdownView {
public:
  static constexpr std::size_t longest_hold = 240;
  static constexpr std::size_t longest_table = 200;

  explicit MarkdownView(bool styled, std::size_t cells = 80)
      : styled_{styled}, wrap_{styled, cells} {}

  /// Sets the width of the lines that begin from now on.
  void set_width(std::size_t cells) noexcept { wrap_.set_width(cells); }

  /// Takes a piece of the text. Returns what is to be written.
  [[nodiscard]] std::string feed(std::string_view piece);
  /// Ends the text. Returns what is still to be written; begins another text.
  [[nodiscard]] std::string finish();

private:
  enum class Mode : std::uint8_t { undecided, text, verbatim };

  void take(std::string_view character);
  void end_line();
  void decide(bool complete);
  void begin_text();
  void take_code(bool complete);
  /// Returns whether the line belongs to the table that is held back, if any.
  bool take_row();
  void end_table();
  void add_inline(std::string_view character);
  void show_inline(std::size_t size);
  void show_fence(std::string_view label);
  [[nodiscard]] StyledText further() const;

  bool styled_;
  WordWrap wrap_;
  TerminalFilter filter_;
  std::string partial_; ///< the bytes of a character that is not complete yet
  std::string line_;    ///< as far as it is not decided
  MarkdownLine now_;    ///< once it is decided
  Mode mode_ = Mode::undecided;
  bool begun_ = false; ///< anything of the current line has come
  LineContext context_{.in_list = false, .code_may = true};
  std::optional<MarkdownLine> fence_; ///< the block of code that is open
  std::string inline_;                ///< the text that is held back
  std::string before_;                ///< the character before it
  TextStyle style_;                   ///< of the line
  std::vector<std::string> table_;
};

} // namespace nexus::llm::cli
