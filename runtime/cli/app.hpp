// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace nexus::llm::cli {

/// The program `nexus-llm`: parses the command line, runs the command and returns the exit code.
/// Call it once per process, on the main thread.
[[nodiscard]] int run_app(int argc, char** argv);

} // namespace nexus::llm::cli
