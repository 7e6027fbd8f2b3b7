// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "runtime/cli/common_options.hpp"
#include "runtime/cli/prompt_source.hpp"
#include "runtime/cli/tools/tool_arguments.hpp"

namespace nexus::llm::cli {

/// The arguments of `generate`.
struct GenerateArguments {
  PromptArguments prompt;
  std::vector<std::string> images; ///< files
  std::string code;                ///< empty: the whole answer; otherwise `true`, `first` or `last`
  ToolArguments tools;
};

/// `generate`: one prompt, one answer. Returns the exit code. Main thread only.
[[nodiscard]] int run_generate(const CommonOptions& common, GenerateArguments arguments);

} // namespace nexus::llm::cli
