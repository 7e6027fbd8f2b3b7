// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <rapidjson/document.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "nexus_llm/json_value.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm::json {

/// The position of and the reason for a parse error.
struct ParseError {
  std::string what;
  std::size_t offset = 0; ///< byte offset from the start
  std::size_t line = 1;   ///< counts from 1
  std::size_t column = 1; ///< in bytes, counts from 1
};

/// Default limit for the nesting depth.
inline constexpr std::uint32_t default_depth = 128;

/// Parses one JSON value, optionally followed by white space. Strings must be valid UTF-8. Fails if
/// the nesting exceeds `max_depth`. Does not recurse.
[[nodiscard]] tl::expected<Document, ParseError> parse(std::string_view text,
                                                       std::uint32_t max_depth = default_depth);

/// As `parse`, but ignores any text after the value.
[[nodiscard]] tl::expected<Document, ParseError>
parse_first(std::string_view text, std::uint32_t max_depth = default_depth);

/// Renders a value as JSON text without white space. It is valid UTF-8: bytes of strings that are
/// not, such as those of a file name, become the replacement character.
[[nodiscard]] std::string to_text(const Value& value);

/// As `to_text`, for strings that are known to be valid, which are not checked again.
[[nodiscard]] std::string to_text_of_valid(const Value& value);

/// As `to_text`, indented by two spaces.
[[nodiscard]] std::string to_pretty_text(const Value& value);

/// Returns a string value with a copy of `text`.
[[nodiscard]] inline Value make_string(std::string_view text, Allocator& allocator) {
  return Value{text.data(), static_cast<rapidjson::SizeType>(text.size()), allocator};
}

/// Returns the text of a string value.
[[nodiscard]] inline std::string_view text_of(const Value& value) {
  return {value.GetString(), value.GetStringLength()};
}

/// Returns the member `name` of an object, or null. Like Ollama, returns the last of duplicate
/// members.
[[nodiscard]] const Value* find(const Value& object, std::string_view name);
[[nodiscard]] Value* find(Value& object, std::string_view name);

/// Returns what `find` returns for each name of a path in turn (`retry.maxAttempts`), or null.
[[nodiscard]] const Value* find_path(const Value& object, std::string_view path);

/// Returns the string member `name`, or `nullopt` if it is missing or not a string.
[[nodiscard]] std::optional<std::string_view> find_text(const Value& object, std::string_view name);

/// Returns the number member `name` as a count, or 0 if it is missing, negative or not a number.
[[nodiscard]] std::uint64_t find_count(const Value& object, std::string_view name);

} // namespace nexus::llm::json
