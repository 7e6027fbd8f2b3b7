// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// Arguments of `script`.
struct ScriptArguments {
  std::vector<std::string> words; ///< files to play; with `record`, prompts
  std::string record;             ///< output file; empty: play
  bool force = false;             ///< write over a `record` that exists
  bool http = false;
  std::uint64_t orders = 0; ///< in addition to the orders of the scenario
  bool schema = false;
};

/// `script`: plays scenarios, or records one from a live session. Returns the exit code: 1 if a
/// scenario has failed.
[[nodiscard]] int run_script(const CommonOptions& common, const ScriptArguments& arguments);

} // namespace nexus::llm::cli
