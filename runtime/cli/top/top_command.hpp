// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// `top`: shows a node and what it does, redrawn in place, until it is told to end. Returns the
/// exit code: 2 without a terminal that can show it, 3 without a node. Main thread only.
[[nodiscard]] int run_top(const CommonOptions& common);

} // namespace nexus::llm::cli
