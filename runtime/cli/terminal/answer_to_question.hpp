// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>

#include "runtime/cli/output.hpp"

namespace nexus::llm::cli {

/// Whether somebody can be asked: stdin and stderr are a terminal.
[[nodiscard]] bool can_ask();

/// Asks a question at the terminal, and waits for a line. Returns `nullopt` at the end of input.
[[nodiscard]] std::optional<std::string> answer_to(Output& output, const std::string& question);

/// Asks a question that only `y` or `yes` affirms.
[[nodiscard]] bool confirm(Output& output, const std::string& question);

} // namespace nexus::llm::cli
