#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// What the command line says about scenarios.
struct ScriptArguments {
  std::vector<std::string> words; ///< files to play; with `record`, prompts
  std::string record;             ///< the file to write; empty: play
  bool http = false;
  std::uint64_t orders = 0; ///< beside what a scenario wants itself
  bool schema = false;
};

/// `script`: plays scenarios, or records one from a live session. Returns the exit code: 1 where a
/// scenario did not pass.
[[nodiscard]] int run_script(const CommonOptions& common, const ScriptArguments& arguments);

} // namespace nexus::llm::cli
