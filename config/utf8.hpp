#pragma once

#include <string_view>

namespace nexus::llm {

/// Whether a text is valid UTF-8 (no overlong forms, no surrogates).
[[nodiscard]] bool is_valid_utf8(std::string_view text);

/// Whether a text may go to a model: valid UTF-8 without NUL.
[[nodiscard]] inline bool is_clean_text(std::string_view text) {
  return text.find('\0') == std::string_view::npos && is_valid_utf8(text);
}

} // namespace nexus::llm
