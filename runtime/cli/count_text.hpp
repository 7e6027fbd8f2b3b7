// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>

namespace nexus::llm::cli {

/// Formats a count, e.g. `1 message` or `3 messages`.
[[nodiscard]] inline std::string count_of(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

} // namespace nexus::llm::cli
