#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/json.hpp"
#include "nexus_llm/result.hpp"
#include "runtime/harness/located_json.hpp"

/// What a scenario file may say. One table gives its check, its JSON schema and its documentation.
namespace nexus::llm::testing {

/// What stands behind a key.
enum class FieldType : std::uint8_t {
  text,
  texts,    ///< an array of texts
  duration, ///< `250ms`, `1.5s`, `2m`, `1h`
  number,   ///< a whole number, not negative
  truth,    ///< `true`; to leave it out means `false`
  object,
  array,
  anything,
  role,
  answer_end, ///< `complete`, `close` or `reset`
  hears,      ///< `everything` or `stream`
  up_or_down, ///< `stops` or `starts`
  error_code,
  models, ///< an array of names, or of objects with `name` and `reply`
  steps,
};

/// One key of a step, or of the scenario itself.
struct FieldInfo {
  std::string_view name;
  FieldType type = FieldType::text;
  bool required = false;
  std::string_view about;
};

/// One kind of step. Its first field is required and tells it from the others.
struct StepInfo {
  std::span<const FieldInfo> fields;
  std::string_view about;

  [[nodiscard]] std::string_view name() const { return fields.front().name; }
};

[[nodiscard]] std::span<const FieldInfo> scenario_fields();
[[nodiscard]] std::span<const StepInfo> step_kinds();

/// The kind of a step that was checked.
[[nodiscard]] const StepInfo& kind_of(const LocatedJson& step);

/// Errors: `invalid_argument` with file, line and key.
[[nodiscard]] Result<void> check_scenario(const LocatedJson& scenario, const std::string& file);

/// The JSON schema of the format (draft 7).
[[nodiscard]] std::string scenario_schema();
/// The reference of the format, in Markdown.
[[nodiscard]] std::string scenario_reference();

} // namespace nexus::llm::testing
