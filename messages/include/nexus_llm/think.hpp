// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace nexus::llm {

/// Whether and how much a model thinks before it responds (Ollama, `think`). The supported values
/// depend on the model: most support `on` and `off`, some support levels.
enum class Think : std::uint8_t { off, on, low, medium, high, max };

[[nodiscard]] constexpr Think last_of(Think) noexcept { return Think::max; }

/// Returns the notation of Ollama: `false`, `true`, or the name of the level.
[[nodiscard]] constexpr std::string_view to_string(Think think) noexcept {
  constexpr std::array<std::string_view, 6> names{"false", "true", "low", "medium", "high", "max"};
  const auto index = static_cast<std::size_t>(think);
  return index < names.size() ? names[index] : "false";
}

/// Parses the output of `to_string`. Returns `nullopt` for any other text.
[[nodiscard]] constexpr std::optional<Think> parse_think(std::string_view text) noexcept {
  for (auto value = Think::off; value <= last_of(value);
       value = static_cast<Think>(static_cast<std::uint8_t>(value) + 1))
    if (to_string(value) == text)
      return value;
  return std::nullopt;
}

} // namespace nexus::llm
