// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "config/json_schema.hpp"

namespace nexus::llm {

/// Returns the schema of a setting, without its description. A setting without a default may be
/// anything.
[[nodiscard]] json::Value setting_schema(json::SchemaParts& parts, const json::Value& example);

/// Returns the schema of the `llm` section of a file, made of the table of settings. `closed`: it
/// may have no other members.
[[nodiscard]] json::Value settings_schema(json::SchemaParts& parts, bool closed);

} // namespace nexus::llm
