// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "runtime/cli/shells/command_description.hpp"

namespace nexus::llm::cli {

/// A shell that can complete the command line.
struct Shell {
  std::string name;
  std::string (*completions)(
      const CommandDescription& program); ///< the script that the shell reads
};

/// All shells; `completions SHELL` and its own completion derive from this table.
[[nodiscard]] const std::vector<Shell>& shells();

/// Returns the names of the shells.
[[nodiscard]] std::vector<std::string> shell_names();

} // namespace nexus::llm::cli
