// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/demo/demo_program.hpp"

#include <CLI/CLI.hpp>

#include "runtime/cli/demo/demo.hpp"
#include "runtime/cli/only_here.hpp"
#include "runtime/cli/program.hpp"

namespace nexus::llm::cli {

int run_demo_program(int argc, char** argv) {
  return run_program(argc, argv, [](CLI::App& app, const CommonOptions& common, int& exit_code) {
    app.callback([&common, &exit_code] {
      only_here(common, "demo");
      exit_code = run_demo(common);
    });
  });
}

} // namespace nexus::llm::cli
