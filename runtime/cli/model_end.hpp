// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "nexus_llm/model_status.hpp"

namespace nexus::llm::cli {

/// When a model leaves the memory, for people. Ollama reports "forever" as a time centuries ahead,
/// and keeps an expired model until no request uses it.

/// Returns the time, `for ever` or `stopping`; empty if it is not known.
[[nodiscard]] std::string time_of_end(const std::optional<WallTime>& end,
                                      std::chrono::system_clock::time_point now);
/// Returns the time that is left, such as `4m10s`, `for ever` or `stopping`; `-` if it is not
/// known.
[[nodiscard]] std::string time_left(const std::optional<WallTime>& end,
                                    std::chrono::system_clock::time_point now);

} // namespace nexus::llm::cli
