// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <utility>

#include "nexus_llm/field.hpp"

namespace nexus::llm {

/// The format of a response (Ollama, `format`). The default is free text.
struct Format {
  /// `json`, or the JSON text of a schema; empty: free text. Created by `Format::json` and
  /// `Format::schema`.
  std::string value = {};

  /// Returns the format for arbitrary JSON.
  [[nodiscard]] static Format json() { return {"json"}; }
  /// Returns the format for JSON that conforms to a schema, given as the text of a JSON object. A
  /// request with any other text fails with `invalid_option`.
  [[nodiscard]] static Format schema(std::string json_schema) {
    // These would mean free text and arbitrary JSON. As JSON strings they are rejected.
    if (json_schema.empty() || json_schema == "json")
      return {'"' + json_schema + '"'};
    return {std::move(json_schema)};
  }

  [[nodiscard]] bool is_free_text() const noexcept { return value.empty(); }
  [[nodiscard]] bool is_schema() const noexcept { return !value.empty() && value != "json"; }

  static constexpr std::string_view type_name = "Format";
  static constexpr bool is_text = true;
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"value", self.value});
  }
  bool operator==(const Format&) const = default;
};

} // namespace nexus::llm
