// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include "nexus_llm/result.hpp"

namespace nexus::llm::cli {

/// Returns the schema (JSON Schema, draft 2020-12) of a line that a command writes to stdout with
/// `--json`; for a group such as `models`, of any of its commands; without a command, of all.
/// Errors: `invalid_argument` for an unknown command, with the nearest.
[[nodiscard]] Result<std::string> json_schema(std::string_view command);

/// Returns the tables of the documentation: what each command writes, and the structures.
[[nodiscard]] std::string json_reference();

} // namespace nexus::llm::cli
