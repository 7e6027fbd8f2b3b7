// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/json.hpp"
#include "nexus_llm/result.hpp"
#include "runtime/harness/located_json.hpp"

/// The format of scenario files. Validation, JSON schema and documentation use the same table.
namespace nexus::llm::testing {

/// Type of the value of a key.
enum class FieldType : std::uint8_t {
  text,
  texts,    ///< an array of texts
  duration, ///< `250ms`, `1.5s`, `2m`, `1h`
  number,   ///< a non-negative integer
  truth,    ///< `true`; defaults to `false`
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

/// A key of a step, or of the scenario itself.
struct FieldInfo {
  std::string_view name;
  FieldType type = FieldType::text;
  bool required = false;
  std::string_view about;
};

/// A kind of step. Its first field is required and identifies the kind.
struct StepInfo {
  std::span<const FieldInfo> fields;
  std::string_view about;

  [[nodiscard]] std::string_view name() const { return fields.front().name; }
};

[[nodiscard]] std::span<const FieldInfo> scenario_fields();
[[nodiscard]] std::span<const StepInfo> step_kinds();

/// Returns the kind of a validated step.
[[nodiscard]] const StepInfo& kind_of(const LocatedJson& step);

/// Validates a scenario.
/// Errors: `invalid_argument` with file, line and key.
[[nodiscard]] Result<void> check_scenario(const LocatedJson& scenario, const std::string& file);

/// Returns the JSON schema of the format (draft 7).
[[nodiscard]] std::string scenario_schema();
/// Returns the reference of the format, in Markdown.
[[nodiscard]] std::string scenario_reference();

} // namespace nexus::llm::testing
