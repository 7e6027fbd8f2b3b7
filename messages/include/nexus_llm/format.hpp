#pragma once

#include <string>
#include <utility>

#include "nexus_llm/field.hpp"

namespace nexus::llm {

/// The form of an answer (Ollama, `format`): free text unless it is set.
struct Format {
  /// `json`, or the JSON text of a schema; empty: free text. `Format::json` and `Format::schema`
  /// make it.
  std::string value = {};

  /// Any JSON.
  [[nodiscard]] static Format json() { return {"json"}; }
  /// JSON that fits a schema: the text of a JSON object. A request with any other text is answered
  /// with `invalid_option`.
  [[nodiscard]] static Format schema(std::string json_schema) { return {std::move(json_schema)}; }

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
