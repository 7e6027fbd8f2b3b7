#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/json.hpp"
#include "nexus_llm/llm_client_config.hpp"

namespace nexus::llm {

/// One setting: where it stands in the `llm` section, what it may be, and how it gets in and out
/// of the configuration structure. Defaults, validation, saving and the table in
/// `docs/configuration.md` all come from these rows.
struct ConfigKey {
  std::string path;        ///< keys below `llm`, joined by dots, such as `models.overseer`
  std::string type;        ///< in words, with unit and range
  std::string description; ///< one sentence
  std::function<json::Value(const LLMClientConfig&, json::Allocator&)> get;
  /// Returns what is wrong with the value ("must be ..."), or nothing.
  std::function<std::string(LLMClientConfig&, const json::Value&)> set;
  bool at_start = false; ///< heeded by a program when it starts, and not while it runs
};

/// Every setting, in the order of a new file.
[[nodiscard]] std::span<const ConfigKey> config_keys();

/// The row of a path, or null.
[[nodiscard]] const ConfigKey* find_config_key(std::string_view path);

/// The value of a setting as JSON text.
[[nodiscard]] std::string value_text(const ConfigKey& key, const LLMClientConfig& config);

/// Puts the settings of an `llm` object over `config`. Keys that are no settings are left alone.
/// `config_value_invalid` names the first key whose value is wrong.
[[nodiscard]] Result<LLMClientConfig> apply_section(LLMClientConfig config,
                                                    const json::Value& section);

/// The paths in an `llm` object that are no settings, nor groups of them, such as misspelled ones.
[[nodiscard]] std::vector<std::string> unknown_keys(const json::Value& section);

/// Checks a configuration that was filled in by code, by the same rules as a file, and brings its
/// values into the form that a file would give them.
[[nodiscard]] Result<LLMClientConfig> validate(const LLMClientConfig& config);

} // namespace nexus::llm
