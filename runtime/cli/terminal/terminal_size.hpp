// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>

namespace nexus::llm::cli {

/// Returns the width of a terminal in cells at the moment; 80 if it is not known. `descriptor` is
/// one of the terminal.
[[nodiscard]] std::size_t terminal_columns(int descriptor);

} // namespace nexus::llm::cli
