// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// `demo`, the main job: an Overseer actor plans and reviews, and an Implementation actor writes
/// code, in one actor system, both streaming through their roles. Uses Ollama if it is reachable
/// and has the models of the roles, otherwise the simulator. Needs no input and returns when its
/// job is done or has failed. Returns the exit code.
[[nodiscard]] int run_demo(const CommonOptions& common);

} // namespace nexus::llm::cli
