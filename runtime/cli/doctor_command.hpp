#pragma once

#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// `doctor`: whether everything that a request needs is there, and what to do where not. Returns
/// the exit code of the first thing that is missing; on the main thread.
[[nodiscard]] int run_doctor(const CommonOptions& common);

} // namespace nexus::llm::cli
