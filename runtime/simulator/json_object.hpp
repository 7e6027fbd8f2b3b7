// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::llm::simulator {

/// Writes one JSON object. Members appear in the order of the calls. Not thread-safe.
class JsonObject {
public:
  JsonObject() { writer_.StartObject(); }

  JsonObject& text(std::string_view name, std::string_view value) {
    key(name);
    writer_.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
    return *this;
  }
  JsonObject& text_unless_empty(std::string_view name, std::string_view value) {
    return value.empty() ? *this : text(name, value);
  }
  JsonObject& number(std::string_view name, std::int64_t value) {
    key(name);
    writer_.Int64(value);
    return *this;
  }
  JsonObject& real(std::string_view name, double value) {
    key(name);
    writer_.Double(value);
    return *this;
  }
  JsonObject& boolean(std::string_view name, bool value) {
    key(name);
    writer_.Bool(value);
    return *this;
  }
  /// `value` is JSON text. An empty one adds nothing.
  JsonObject& json(std::string_view name, std::string_view value) {
    if (value.empty())
      return *this;
    key(name);
    writer_.RawValue(value.data(), value.size(), rapidjson::kObjectType);
    return *this;
  }

  JsonObject& texts(std::string_view name, const std::vector<std::string>& values) {
    key(name);
    writer_.StartArray();
    for (const auto& value : values)
      writer_.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
    writer_.EndArray();
    return *this;
  }

  /// Ends the object and returns its text.
  [[nodiscard]] std::string str() {
    writer_.EndObject();
    return {buffer_.GetString(), buffer_.GetSize()};
  }

private:
  void key(std::string_view name) {
    writer_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
  }

  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
};

/// Returns a JSON array of these JSON texts.
[[nodiscard]] inline std::string json_array(const std::vector<std::string>& items) {
  std::string text = "[";
  for (const auto& item : items)
    text += (text.size() > 1 ? "," : "") + item;
  return text + "]";
}

/// Returns `{"error":text}`.
[[nodiscard]] inline std::string error_json(std::string_view text) {
  return JsonObject().text("error", text).str();
}

} // namespace nexus::llm::simulator
