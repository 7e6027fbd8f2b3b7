// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <string>

#include "config/config_file.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm::cli {

/// Returns the editor that the user wants: `$VISUAL`, `$EDITOR` or `vi`. A shell command, which may
/// have arguments.
[[nodiscard]] std::string editor_command(const Environment& environment);

/// Lets the user edit a file, and waits for the end of the editor. Ctrl-C is the editor's
/// meanwhile. Errors: `invalid_argument` if the editor cannot be run or fails.
[[nodiscard]] Result<void> run_editor(const std::string& command,
                                      const std::filesystem::path& file);

} // namespace nexus::llm::cli
