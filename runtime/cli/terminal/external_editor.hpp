// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "nexus_llm/result.hpp"

namespace nexus::llm::cli {

/// Lets the user change a text in their editor, and waits for its end, as `run_editor` does. The
/// terminal must be in its usual mode. Main thread only.
/// Errors: those of `run_editor`; `invalid_argument` if the editor leaves no text.
[[nodiscard]] Result<std::string> edit_elsewhere(const std::string& text, int display);

} // namespace nexus::llm::cli
