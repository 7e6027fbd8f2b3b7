// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace nexus::llm::cli {

/// Returns that a word names no command below `parent`, with the nearest one.
[[nodiscard]] std::string unknown_command(const CLI::App& parent, const std::string& word);

/// Explains why a command line could not be parsed, where the parser itself says too little: an
/// unknown command or option, an argument too many, a missing command. `nullopt` if its own message
/// has to do. `program` has tried to parse the line.
[[nodiscard]] std::optional<std::string> usage_fault(const CLI::App& program);

} // namespace nexus::llm::cli
