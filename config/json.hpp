#pragma once

#include <rapidjson/document.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "nexus_llm/result.hpp"

namespace nexus::llm::json {

using Value = rapidjson::Value;
using Document = rapidjson::Document;
using Allocator = Document::AllocatorType;

/// Where and why a text is not acceptable JSON.
struct ParseError {
  std::string what;
  std::size_t offset = 0; ///< bytes from the start
  std::size_t line = 1;   ///< counts from 1
  std::size_t column = 1; ///< bytes, counts from 1
};

/// Nesting that is accepted where no other bound is given.
inline constexpr std::uint32_t default_depth = 128;

/// Reads one JSON value; nothing but white space may follow it. Strings must be valid UTF-8.
/// Deep nesting costs no stack: it ends in an error beyond `max_depth`.
[[nodiscard]] tl::expected<Document, ParseError> parse(std::string_view text,
                                                       std::uint32_t max_depth = default_depth);

/// As `parse`, but whatever follows the value is ignored.
[[nodiscard]] tl::expected<Document, ParseError>
parse_first(std::string_view text, std::uint32_t max_depth = default_depth);

/// The value as JSON text, without white space.
[[nodiscard]] std::string to_text(const Value& value);

/// The value as JSON text, indented by two spaces.
[[nodiscard]] std::string to_pretty_text(const Value& value);

/// A string value that owns a copy of `text`.
[[nodiscard]] inline Value make_string(std::string_view text, Allocator& allocator) {
  return Value{text.data(), static_cast<rapidjson::SizeType>(text.size()), allocator};
}

/// The text of a string value.
[[nodiscard]] inline std::string_view text_of(const Value& value) {
  return {value.GetString(), value.GetStringLength()};
}

/// The member `name` of an object, or null. The last one where there are several, as Ollama reads.
[[nodiscard]] const Value* find(const Value& object, std::string_view name);
[[nodiscard]] Value* find(Value& object, std::string_view name);

/// The string member `name`; nothing where it is missing or no string.
[[nodiscard]] std::optional<std::string_view> find_text(const Value& object, std::string_view name);

/// The number member `name` as a count; 0 where it is missing, negative or no number.
[[nodiscard]] std::uint64_t find_count(const Value& object, std::string_view name);

} // namespace nexus::llm::json
