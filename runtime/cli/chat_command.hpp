// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// `chat`: a conversation with one turn per line of stdin. Returns the exit code; if stdin is not a
/// terminal, that of the first failure. Main thread only.
[[nodiscard]] int run_chat(const CommonOptions& common);

} // namespace nexus::llm::cli
