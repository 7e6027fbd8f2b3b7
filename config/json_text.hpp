// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include "config/json.hpp"

namespace nexus::llm::json {

/// A member of a message structure that is any JSON value, held as its text.
struct JsonText {
  std::string text = "null";

  [[nodiscard]] static JsonText of(const Value& value) { return {to_text(value)}; }
  /// Returns the value; null if the text is not JSON.
  [[nodiscard]] Value value(Allocator& allocator) const {
    Value copy;
    if (const auto parsed = parse(text))
      copy.CopyFrom(*parsed, allocator);
    return copy;
  }
  bool operator==(const JsonText&) const = default;
};

} // namespace nexus::llm::json
