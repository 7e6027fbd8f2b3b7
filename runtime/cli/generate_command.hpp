// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "runtime/cli/common_options.hpp"
#include "runtime/cli/prompt_source.hpp"

namespace nexus::llm::cli {

/// `generate`: one prompt, one answer. Returns the exit code. Main thread only.
[[nodiscard]] int run_generate(const CommonOptions& common, PromptArguments arguments);

} // namespace nexus::llm::cli
