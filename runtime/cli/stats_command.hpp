#pragma once

#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// `health`: how the components and Ollama are. Returns the exit code: 3 where Ollama does not
/// answer.
[[nodiscard]] int run_health(const CommonOptions& common);

/// `stats`: what the roles have done and are doing, once or every second until Ctrl-C.
[[nodiscard]] int run_stats(const CommonOptions& common, bool watch);

} // namespace nexus::llm::cli
