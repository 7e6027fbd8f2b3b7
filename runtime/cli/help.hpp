// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace nexus::llm::cli {

/// Returns the words that call a command, such as `nexus-llm models pull`.
[[nodiscard]] std::string path_of(const CLI::App& command);

/// Returns the innermost command that the command line named; the program itself if it named none.
[[nodiscard]] const CLI::App& named_command(const CLI::App& program);

/// Returns the help of a command: its own options, an example, and the options of every command.
[[nodiscard]] std::string help_of(const CLI::App& command);

/// Returns the help of the command that these words name, `nexus-llm help models pull`. Throws
/// `CLI::ValidationError` if there is none.
[[nodiscard]] std::string help_of(const CLI::App& program, const std::vector<std::string>& words);

} // namespace nexus::llm::cli
