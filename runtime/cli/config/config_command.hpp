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
/// Validates a file; by default, the one in use. Warns of keys that are unknown or given twice;
/// fails for them, too, if `strict`.
[[nodiscard]] int run_config_validate(const CommonOptions& common,
                                      const std::optional<std::string>& file, bool strict);
/// Shows the current value of one setting, of a group, or of a part of a setting. In this and in
/// the next two, `key` may begin with `llm.`.
[[nodiscard]] int run_config_get(const CommonOptions& common, const std::string& key);
/// Saves a setting, and replaces its value as a whole. `value` is JSON, or unquoted text if the
/// setting is a text.
[[nodiscard]] int run_config_set(const CommonOptions& common, const std::string& key,
                                 const std::string& value);
/// Resets a setting to its default, and tells where the value comes from now.
[[nodiscard]] int run_config_unset(const CommonOptions& common, const std::string& key);

} // namespace nexus::llm::cli
