#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "nexus_llm/model_status.hpp"

namespace nexus::llm {

/// Reads a time in RFC 3339, with any number of fractional digits and any offset, as Ollama
/// writes them. Nothing for any other text.
[[nodiscard]] std::optional<WallTime> parse_wall_time(std::string_view text);

/// Writes a time in RFC 3339, UTC, to the second.
[[nodiscard]] std::string format_wall_time(WallTime time);

} // namespace nexus::llm
