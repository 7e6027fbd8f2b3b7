// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/json.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm::testing {

/// A JSON value with its line number, for error messages.
struct LocatedJson {
  std::size_t line = 1;
  json::Document value; ///< the whole value
  struct Member;
  std::vector<Member> members;
  std::vector<LocatedJson> elements;

  /// Returns the member with this name, or null.
  [[nodiscard]] const LocatedJson* find(std::string_view name) const;
};

struct LocatedJson::Member {
  std::string name;
  LocatedJson value;
};

/// Parses a JSON text.
/// Errors: `invalid_argument` with the line, if the text is not JSON or an object has a duplicate
/// name.
[[nodiscard]] Result<LocatedJson> read_located_json(std::string_view text, const std::string& file);

} // namespace nexus::llm::testing
