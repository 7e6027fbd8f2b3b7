#pragma once

#include <cstddef>
#include <string_view>

namespace nexus::llm::cli {

/// How text stands on a terminal, by Unicode's tables and whatever the locale is: most characters
/// take one cell, those of East Asia and emoji two, combining ones none. Text is UTF-8; a byte that
/// is no part of a character counts as one of one cell.

/// A character: its bytes and its cells.
struct Character {
  std::size_t bytes = 0; ///< 0 at the end of the text
  std::size_t cells = 0;
};

/// The character that begins at a place.
[[nodiscard]] Character character_at(std::string_view text, std::size_t at);

/// The cells that a text of one line takes.
[[nodiscard]] std::size_t width_of(std::string_view text);

/// As much of the text as fits into so many cells.
[[nodiscard]] std::string_view clip_to_width(std::string_view text, std::size_t cells);

/// Where what a person takes for one character ends or begins (a grapheme cluster: a letter with
/// its accents, an emoji of several parts). `at` is such a place itself.
[[nodiscard]] std::size_t end_of_cluster(std::string_view text, std::size_t at);
[[nodiscard]] std::size_t begin_of_cluster(std::string_view text, std::size_t at);

} // namespace nexus::llm::cli
