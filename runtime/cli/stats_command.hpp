// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// `health`: shows the state of the components and of Ollama. Returns the exit code: 3 if Ollama is
/// unreachable.
[[nodiscard]] int run_health(const CommonOptions& common);

/// `stats`: shows the statistics of the roles, once or every second until Ctrl-C.
[[nodiscard]] int run_stats(const CommonOptions& common, bool watch);

} // namespace nexus::llm::cli
