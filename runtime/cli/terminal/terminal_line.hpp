// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

namespace nexus::llm::cli {

/// Whether a line, without its line end, has the maximum length of a terminal in canonical mode,
/// which silently drops further input.
[[nodiscard]] bool is_cut_by_terminal(std::string_view line);

/// Returns the error for such a line, as the end of a sentence about a prompt.
[[nodiscard]] std::string cut_line_fault();

} // namespace nexus::llm::cli
