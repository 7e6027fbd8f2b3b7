#pragma once

#include <optional>
#include <string>

#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

// The parts of `config`. None needs Ollama. With a node on the command line, the settings are its
// own. Each returns the exit code; on the main thread.

/// The settings in force, and where each comes from (flag, environment, file or default).
[[nodiscard]] int run_config_show(const CommonOptions& common, bool origin);
/// Where the file is.
[[nodiscard]] int run_config_path(const CommonOptions& common);
/// Checks a file; without a name, the one in use.
[[nodiscard]] int run_config_validate(const CommonOptions& common,
                                      const std::optional<std::string>& file);
/// Saves a setting. `value` is JSON, or bare text where the setting is a text.
[[nodiscard]] int run_config_set(const CommonOptions& common, const std::string& key,
                                 const std::string& value);
/// Brings the default of a setting back.
[[nodiscard]] int run_config_unset(const CommonOptions& common, const std::string& key);

} // namespace nexus::llm::cli
