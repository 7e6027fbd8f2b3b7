// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace nexus::llm::testing {

/// Parses a duration such as `250ms`, `1.5s`, `2m` or `1h`; `nullopt` for any other text.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// Formats a duration such that `parse_duration` can parse it.
[[nodiscard]] std::string duration_text(std::chrono::milliseconds duration);

} // namespace nexus::llm::testing
