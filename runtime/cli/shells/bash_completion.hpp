// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "runtime/cli/shells/command_description.hpp"

namespace nexus::llm::cli {

/// Returns the script with which bash completes a command line.
[[nodiscard]] std::string bash_completion(const CommandDescription& program);

} // namespace nexus::llm::cli
