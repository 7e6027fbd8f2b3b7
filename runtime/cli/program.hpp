// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>

#include "runtime/cli/common_options.hpp"

namespace CLI {
class App;
}

namespace nexus::llm::cli {

/// Adds the commands of a program to the common options. The commands set `exit_code`. Both
/// references are valid until the program terminates.
using AddCommands = std::function<void(CLI::App& app, const CommonOptions& common, int& exit_code)>;

/// Runs a program: prepares the standard streams and signals, parses the command line, runs the
/// command, and reports all errors. Returns the exit code.
[[nodiscard]] int run_program(int argc, char** argv, const AddCommands& add_commands);

} // namespace nexus::llm::cli
