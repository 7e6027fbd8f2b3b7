// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "nexus_llm/result.hpp"

namespace nexus::llm::cli {

/// Lets the user change a text in the program that `VISUAL` or `EDITOR` names, or else `vi`, on the
/// terminal of stdin, and waits for its end. `display` is the descriptor of that terminal for
/// output. The terminal must be in its usual mode.
///
/// The program has the terminal for itself: Ctrl-C does not reach this process, and Ctrl-Z suspends
/// both. Main thread only.
/// Errors: `invalid_argument` if the program cannot be run, reports a failure, or leaves no text.
[[nodiscard]] Result<std::string> edit_elsewhere(const std::string& text, int display);

} // namespace nexus::llm::cli
