// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// `health`: shows the state of the components of a node and of its Ollama; without a node, or with
/// --base-url, that of Ollama alone. Returns the exit code: 3 if Ollama is unreachable.
[[nodiscard]] int run_health(const CommonOptions& common);

/// `stats`: shows the statistics of the roles of a node, once or every second until Ctrl-C. Without
/// a node it fails, since there are none.
[[nodiscard]] int run_stats(const CommonOptions& common, bool watch);

} // namespace nexus::llm::cli
