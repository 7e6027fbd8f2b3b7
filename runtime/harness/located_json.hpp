#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/json.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm::testing {

/// A JSON value that knows the line where it stands, so that an error can name it.
struct LocatedJson {
  std::size_t line = 1;
  json::Document value; ///< the whole value
  struct Member;
  std::vector<Member> members;
  std::vector<LocatedJson> elements;

  /// The member of this name; null where there is none.
  [[nodiscard]] const LocatedJson* find(std::string_view name) const;
};

struct LocatedJson::Member {
  std::string name;
  LocatedJson value;
};

/// Reads a whole JSON text.
/// Errors: `invalid_argument` with the line, where it is no JSON or a name stands twice in one
/// object.
[[nodiscard]] Result<LocatedJson> read_located_json(std::string_view text, const std::string& file);

} // namespace nexus::llm::testing
