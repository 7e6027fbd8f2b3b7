// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/demo/demo_command.hpp"

#include <CLI/CLI.hpp>

#include "runtime/cli/demo/demo.hpp"
#include "runtime/cli/only_here.hpp"

namespace nexus::llm::cli {

void add_demo_command(CLI::App& app, const CommonOptions& common, int& exit_code) {
  auto* command = app.add_subcommand("demo", "Watch two AI roles plan and write code");
  command->fallthrough();
  command->footer("Example:\n  nexus-llm demo");
  command->callback([&common, &exit_code] {
    only_here(common, "demo");
    exit_code = run_demo(common);
  });
}

} // namespace nexus::llm::cli
