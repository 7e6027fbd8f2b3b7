// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <string_view>

namespace nexus::llm::cli {

/// Width of text on a terminal, according to the Unicode tables and independent of the locale: most
/// characters take one cell, East Asian ones and emoji two, combining ones none. Text is UTF-8; an
/// invalid byte counts as a character of one cell.

/// Length and width of a character.
struct Character {
  std::size_t bytes = 0; ///< 0 at the end of the text
  std::size_t cells = 0;
};

/// Returns the character at an offset.
[[nodiscard]] Character character_at(std::string_view text, std::size_t at);

/// Returns the width of a single line of text, in cells.
[[nodiscard]] std::size_t width_of(std::string_view text);

/// Returns the longest prefix that fits into this many cells.
[[nodiscard]] std::string_view clip_to_width(std::string_view text, std::size_t cells);

/// Return the end or the start of a grapheme cluster (a letter with its accents, an emoji of
/// several parts). `at` must be a cluster boundary.
[[nodiscard]] std::size_t end_of_cluster(std::string_view text, std::size_t at);
[[nodiscard]] std::size_t begin_of_cluster(std::string_view text, std::size_t at);

} // namespace nexus::llm::cli
