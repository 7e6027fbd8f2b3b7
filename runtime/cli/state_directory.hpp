// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <optional>
#include <system_error>

#include "config/config_file.hpp"

namespace nexus::llm::cli {

/// Returns the directory for what the program remembers for its user: `$XDG_STATE_HOME/nexus-llm`,
/// or `~/.local/state/nexus-llm`. Returns `nullopt` if neither variable tells where.
[[nodiscard]] std::optional<std::filesystem::path> state_directory(const Environment& environment);

/// Creates a directory with its parents, for its owner only.
[[nodiscard]] std::error_code make_private_directory(const std::filesystem::path& directory);

} // namespace nexus::llm::cli
