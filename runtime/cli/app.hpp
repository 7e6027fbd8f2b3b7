#pragma once

namespace nexus::llm::cli {

/// The program `nexus-llm`: reads the command line, runs the command and returns the exit code.
/// Once per process, on the main thread.
[[nodiscard]] int run_app(int argc, char** argv);

} // namespace nexus::llm::cli
