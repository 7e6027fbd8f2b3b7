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

/// Lets the user edit a file, and waits for the end of the editor. If stdin is a terminal, the
/// editor has it for itself: Ctrl-C does not reach this process, Ctrl-Z suspends both, and the
/// terminal has its settings again afterwards. `display` is the descriptor that the editor writes
/// to; by default, the streams of this process. Main thread only.
/// Errors: `invalid_argument` if the editor cannot be run or fails.
[[nodiscard]] Result<void> run_editor(const std::string& command, const std::filesystem::path& file,
                                      int display = -1);

} // namespace nexus::llm::cli
