// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/cli/terminal/text_style.hpp"

namespace nexus::llm::cli {

/// What a line of markdown is.
enum class MarkdownKind : std::uint8_t {
  undecided,     ///< more of the line is needed
  text,          ///< of a paragraph, an item or a quotation
  blank,         ///< nothing but the marks of quotations
  heading,       ///< with its level
  rule,          ///< a line across
  fence,         ///< opens a block of code
  indented_code, ///< shown as it is
  table_row,     ///< perhaps: the line begins with `|`
};

/// A line of markdown, as far as it is known. Plain data.
struct MarkdownLine {
  MarkdownKind kind = MarkdownKind::undecided;
  std::size_t content = 0;    ///< where the text begins, behind the marks
  std::size_t quotations = 0; ///< how many it is in
  bool is_item = false;
  StyledText first = {};   ///< what is shown of the marks
  StyledText further = {}; ///< what stands before the lines that the text is broken into
  std::size_t level = 0;   ///< of a heading
  std::size_t indent = 0;  ///< of a fence
  std::string fence = {};  ///< its marks
  std::string info = {};   ///< behind them, such as the name of a language

  bool operator==(const MarkdownLine&) const = default;
};

/// Where a line stands. Plain data.
struct LineContext {
  bool in_list = false;  ///< indented lines go on with an item
  bool code_may = false; ///< a line that is indented far enough is code
};

/// Reads the beginning of a line; `complete` tells that there is no more. Marks and text are
/// decided by the beginning alone as soon as that is possible, so that the text can be shown while
/// it comes.
[[nodiscard]] MarkdownLine read_markdown_line(std::string_view line, bool complete,
                                              LineContext context);

/// Whether a complete line ends a block of code that this line has opened.
[[nodiscard]] bool ends_fence(std::string_view line, const MarkdownLine& fence);
/// Whether a line, as far as it is known, may still end such a block.
[[nodiscard]] bool may_end_fence(std::string_view line, const MarkdownLine& fence);
/// Returns the code of a line in such a block: without the marks of its quotations, and without the
/// indent that the block itself has.
[[nodiscard]] std::string_view code_of(std::string_view line, const MarkdownLine& fence);
/// Whether a line is in the quotations of such a block; if not, the block has ended.
[[nodiscard]] bool is_in_quotations_of(std::string_view line, const MarkdownLine& fence);

} // namespace nexus::llm::cli
