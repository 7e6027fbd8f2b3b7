#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nexus::llm {

/// What some editors write before UTF-8 text. It is no part of the text.
inline constexpr std::string_view utf8_byte_order_mark = "\xEF\xBB\xBF";

/// Names the encoding of a text that is not UTF-8, for a person, such as "UTF-16"; nothing where it
/// is UTF-8, with or without a byte order mark.
[[nodiscard]] std::optional<std::string> foreign_encoding(std::string_view bytes);

} // namespace nexus::llm
