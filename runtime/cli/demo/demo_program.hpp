// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace nexus::llm::cli {

/// `nexus-llm demo` as a separate program, which builds much faster than all of `nexus-llm`.
/// Returns the exit code.
[[nodiscard]] int run_demo_program(int argc, char** argv);

} // namespace nexus::llm::cli
