// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string_view>

#include "config/json.hpp"
#include "nexus_llm/llm_client_config.hpp"

namespace nexus::llm {

/// Sets the value at a dotted path. Creates missing parent objects.
void set_path(json::Value& section, std::string_view path, json::Value value,
              json::Allocator& allocator);

/// Applies a JSON merge patch (RFC 7386).
void merge_patch_into(json::Value& target, const json::Value& patch, json::Allocator& allocator);

/// Parses an update of the `llm` section: a JSON object that contains only settings.
/// Errors: `invalid_argument`.
[[nodiscard]] Result<json::Document> parse_update(std::string_view text);

/// Returns the settings after an update; `null` restores a default.
/// Errors: `invalid_argument`, `config_value_invalid`.
[[nodiscard]] Result<LLMClientConfig> apply_update(const LLMClientConfig& config,
                                                   std::string_view merge_patch);

} // namespace nexus::llm
