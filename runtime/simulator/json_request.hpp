// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <rapidjson/document.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace nexus::llm::simulator {

/// What the server expects of one field of a request.
enum class FieldType {
  string,
  boolean,
  integer,
  object,   ///< any JSON object
  strings,  ///< list of strings
  integers, ///< list of integers
  images,   ///< list of base64 strings
  messages,
  tools,
  keep_alive,
  think,
  any,
};

struct Field {
  std::string_view name;
  FieldType type;
};

/// A JSON request body read in the way of Go's decoder: keys without regard to case, the last of
/// equal keys wins, bytes after the first value are ignored, and its error texts.
class JsonRequest {
public:
  /// `struct_name` is the name of the request type in error texts.
  JsonRequest(std::string_view body, std::string_view struct_name, std::span<const Field> fields);

  /// Text of the first error; empty when the body is fine.
  [[nodiscard]] const std::string& error() const { return error_; }

  /// The value of a field that is there and not null, otherwise nullptr.
  [[nodiscard]] const rapidjson::Value* find(std::string_view name) const;
  /// Present with any value, null included.
  [[nodiscard]] bool has(std::string_view name) const;
  /// "" when it is missing.
  [[nodiscard]] std::string string(std::string_view name) const;
  [[nodiscard]] std::optional<bool> boolean(std::string_view name) const;
  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t fallback) const;
  /// Negative: for ever.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> keep_alive() const;

private:
  void check(std::string_view struct_name, std::span<const Field> fields);

  rapidjson::Document document_;
  std::string error_;
};

/// Looks up a key without regard to case, the last one wins; nullptr when missing or null.
[[nodiscard]] const rapidjson::Value* find_field(const rapidjson::Value& object,
                                                 std::string_view name);

} // namespace nexus::llm::simulator
