#pragma once

#include <functional>

#include "runtime/cli/common_options.hpp"

namespace CLI {
class App;
}

namespace nexus::llm::cli {

/// Adds what a program does to the common options. `exit_code` is what it ends with; both
/// references live until the program ends.
using AddCommands = std::function<void(CLI::App& app, const CommonOptions& common, int& exit_code)>;

/// The frame of a program: prepares the standard streams and signals, reads the command line, runs
/// what it asks for, and tells of whatever goes wrong. Returns the exit code.
[[nodiscard]] int run_program(int argc, char** argv, const AddCommands& add_commands);

} // namespace nexus::llm::cli
