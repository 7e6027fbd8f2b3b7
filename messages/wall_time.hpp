// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "nexus_llm/model_status.hpp"

namespace nexus::llm {

/// Parses an RFC 3339 timestamp of Ollama, with any number of fractional digits and any offset.
/// Returns `nullopt` for any other text. A year after 2261 yields `WallTime::max()`.
[[nodiscard]] std::optional<WallTime> parse_wall_time(std::string_view text);

/// Renders a time as RFC 3339 in UTC, with a precision of seconds.
[[nodiscard]] std::string format_wall_time(WallTime time);

} // namespace nexus::llm
