// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

namespace nexus::llm {

/// Returns whether a text is valid UTF-8 (no overlong forms, no surrogates).
[[nodiscard]] bool is_valid_utf8(std::string_view text);

/// Returns whether a text may be sent to a model: valid UTF-8 without NUL.
[[nodiscard]] inline bool is_clean_text(std::string_view text) {
  return text.find('\0') == std::string_view::npos && is_valid_utf8(text);
}

/// Returns the length of the first character; 0 if the text does not begin with valid UTF-8.
[[nodiscard]] std::size_t first_character(std::string_view text);

/// Replaces each run of invalid bytes with one replacement character.
[[nodiscard]] std::string to_valid_utf8(std::string_view text);

/// Appends the UTF-8 encoding of a code point, which must not be a surrogate.
void append_utf8(std::string& text, char32_t code_point);

/// U+FFFD, the replacement character.
inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

/// Removes a leading UTF-8 byte order mark.
[[nodiscard]] constexpr std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  return text.starts_with(mark) ? text.substr(mark.size()) : text;
}

} // namespace nexus::llm
