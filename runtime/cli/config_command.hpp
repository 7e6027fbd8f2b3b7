// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>

#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

// The subcommands of `config`. None needs Ollama. With a node on the command line, they access the
// settings of that node. Each returns the exit code. Main thread only.

/// Shows the current settings and the source of each (flag, environment, file or default).
[[nodiscard]] int run_config_show(const CommonOptions& common, bool origin);
/// Shows the location of the file.
[[nodiscard]] int run_config_path(const CommonOptions& common);
/// Validates a file; by default, the one in use.
[[nodiscard]] int run_config_validate(const CommonOptions& common,
                                      const std::optional<std::string>& file);
/// Saves a setting. `value` is JSON, or unquoted text if the setting is a text.
[[nodiscard]] int run_config_set(const CommonOptions& common, const std::string& key,
                                 const std::string& value);
/// Resets a setting to its default.
[[nodiscard]] int run_config_unset(const CommonOptions& common, const std::string& key);

} // namespace nexus::llm::cli
