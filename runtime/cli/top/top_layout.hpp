// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <vector>

#include "runtime/cli/terminal/text_style.hpp"
#include "runtime/cli/top/top_control.hpp"

namespace nexus::llm::cli {

/// Lays out what `top` shows on a screen of this size: at most so many lines of at most so many
/// cells. It is made for 80 times 24. On a smaller screen the lists become shorter, then events and
/// models are left out; below 30 times 8 it is a sentence that says so. Control characters in what
/// the node tells are dropped.
[[nodiscard]] std::vector<StyledText> top_lines(const TopState& state, const TopControl& control,
                                                std::size_t rows, std::size_t cells);

} // namespace nexus::llm::cli
