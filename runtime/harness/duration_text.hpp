#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace nexus::llm::testing {

/// Reads a time such as `250ms`, `1.5s`, `2m` or `1h`; nothing for any other text.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// Writes a time so that `parse_duration` reads it.
[[nodiscard]] std::string duration_text(std::chrono::milliseconds duration);

} // namespace nexus::llm::testing
