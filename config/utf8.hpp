#pragma once

#include <string>
#include <string_view>

namespace nexus::llm {

/// Whether a text is valid UTF-8 (no overlong forms, no surrogates).
[[nodiscard]] bool is_valid_utf8(std::string_view text);

/// Whether a text may go to a model: valid UTF-8 without NUL.
[[nodiscard]] inline bool is_clean_text(std::string_view text) {
  return text.find('\0') == std::string_view::npos && is_valid_utf8(text);
}

/// The length of the character at the start of a text; 0 if there is none that is valid UTF-8.
[[nodiscard]] std::size_t first_character(std::string_view text);

/// The text with the replacement character in the place of what is not valid UTF-8.
[[nodiscard]] std::string to_valid_utf8(std::string_view text);

/// The UTF-8 form of a code point, which must not be a surrogate.
void append_utf8(std::string& text, char32_t code_point);

/// U+FFFD, the replacement character.
inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

/// The text without the UTF-8 byte order mark that it may begin with.
[[nodiscard]] constexpr std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  return text.starts_with(mark) ? text.substr(mark.size()) : text;
}

} // namespace nexus::llm
