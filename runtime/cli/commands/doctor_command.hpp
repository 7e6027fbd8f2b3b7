// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// `doctor`: checks everything that a request needs, and shows how to fix what is missing. Returns
/// the exit code of the first failed check. Main thread only.
[[nodiscard]] int run_doctor(const CommonOptions& common);

} // namespace nexus::llm::cli
