// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/json.hpp"
#include "nexus_llm/llm_client_config.hpp"

namespace nexus::llm {

/// One setting: its path in the `llm` section, its valid values, and its accessors in
/// `LLMClientConfig`. Defaults, validation, saving and the table in `docs/configuration.md` derive
/// from these rows.
struct ConfigKey {
  std::string path;        ///< dotted path below `llm`, such as `models.overseer`
  std::string type;        ///< description of the type, with unit and range
  std::string description; ///< one sentence
  /// Returns the value as JSON.
  std::function<json::Value(const LLMClientConfig&, json::Allocator&)> get;
  /// Assigns the value, or returns why it is invalid ("must be ...").
  std::function<std::string(LLMClientConfig&, const json::Value&)> set;
  bool at_start = false; ///< read only at program start
};

/// Returns all settings, in the order of a new file.
[[nodiscard]] std::span<const ConfigKey> config_keys();

/// Returns the row of a path, or null.
[[nodiscard]] const ConfigKey* find_config_key(std::string_view path);

/// Returns the path without a leading `llm.`, the name of the section, with which messages and
/// files show it.
[[nodiscard]] std::string_view without_section(std::string_view path);

/// Returns whether a path names a group of settings, such as `models`.
[[nodiscard]] bool is_config_group(std::string_view path);

/// Returns the setting or the group of settings that a mistyped path was meant to be, or an empty
/// string. A path that lacks its groups, such as `numCtx`, is near, too.
[[nodiscard]] std::string nearest_config_key(std::string_view path);

/// Returns that a path is no setting, with the nearest one, if any: the subject of an error.
[[nodiscard]] std::string unknown_key_text(std::string_view path);

/// Returns the value of a setting as JSON text.
[[nodiscard]] std::string value_text(const ConfigKey& key, const LLMClientConfig& config);

/// Applies the settings of an `llm` object to `config`. Ignores unknown keys.
/// Errors: `config_value_invalid` for the first invalid value.
[[nodiscard]] Result<LLMClientConfig> apply_section(LLMClientConfig config,
                                                    const json::Value& section);

/// Returns the paths in an `llm` object that are neither settings nor groups of settings.
[[nodiscard]] std::vector<std::string> unknown_keys(const json::Value& section);

/// Returns the paths in an `llm` object that are given more than once; the last value counts.
[[nodiscard]] std::vector<std::string> duplicate_keys(const json::Value& section);

/// Validates and normalizes a configuration that was created by code, with the same rules as for a
/// file. Errors: `config_value_invalid`.
[[nodiscard]] Result<LLMClientConfig> validate(const LLMClientConfig& config);

} // namespace nexus::llm
