// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "runtime/cli/shells/command_description.hpp"

namespace nexus::llm::cli {

/// Returns the script with which zsh completes a command line.
[[nodiscard]] std::string zsh_completion(const CommandDescription& program);

} // namespace nexus::llm::cli
