// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <rapidjson/document.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace nexus::llm::simulator {

/// Appends a quoted JSON string in the way of Go's encoder: `<`, `>`, `&`, U+2028 and U+2029 are
/// escaped, bytes that are not UTF-8 become `\ufffd`.
void append_json_string(std::string& out, std::string_view text);

/// Appends a number in shortest form, without a fraction when it is whole.
void append_json_number(std::string& out, double value);
void append_json_number(std::string& out, float value);

/// Appends a parsed value in compact form, with the escapes of append_json_string().
void append_json_value(std::string& out, const rapidjson::Value& value);

/// A point in time that reaches beyond the year 2262, where nanoseconds end.
using LongTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

/// RFC 3339 with up to nine fractional digits, trailing zeros dropped.
[[nodiscard]] std::string format_time_utc(std::chrono::system_clock::time_point time);
/// The same with the local offset, `Z` when that is zero.
[[nodiscard]] std::string format_time_local(std::chrono::system_clock::time_point time);
[[nodiscard]] std::string format_time_local(LongTime time);

/// Builds one JSON object; keys come out in the order of the calls.
class JsonObject {
public:
  JsonObject& text(std::string_view key, std::string_view value) {
    begin(key);
    append_json_string(out_, value);
    return *this;
  }

  JsonObject& text_unless_empty(std::string_view key, std::string_view value) {
    return value.empty() ? *this : text(key, value);
  }

  JsonObject& number(std::string_view key, std::int64_t value) {
    begin(key);
    out_ += std::to_string(value);
    return *this;
  }

  JsonObject& number_unless_zero(std::string_view key, std::int64_t value) {
    return value == 0 ? *this : number(key, value);
  }

  JsonObject& boolean(std::string_view key, bool value) {
    return json(key, value ? "true" : "false");
  }

  /// `value` is JSON already.
  JsonObject& json(std::string_view key, std::string_view value) {
    begin(key);
    out_ += value;
    return *this;
  }

  JsonObject& json_unless_empty(std::string_view key, std::string_view value) {
    return value.empty() ? *this : json(key, value);
  }

  [[nodiscard]] std::string str() {
    out_ += out_.empty() ? "{}" : "}";
    return std::move(out_);
  }

private:
  void begin(std::string_view key) {
    out_ += out_.empty() ? '{' : ',';
    append_json_string(out_, key);
    out_ += ':';
  }

  std::string out_;
};

/// `{"error":text}`
[[nodiscard]] std::string error_json(std::string_view text);

} // namespace nexus::llm::simulator
