// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "runtime/cli/common_options.hpp"

namespace CLI {
class App;
}

namespace nexus::llm::cli {

/// Adds `demo` to the command line. The command stores its exit code in `exit_code`. `common` and
/// `exit_code` must outlive `app`.
void add_demo_command(CLI::App& app, const CommonOptions& common, int& exit_code);

} // namespace nexus::llm::cli
