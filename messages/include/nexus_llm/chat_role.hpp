// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace nexus::llm {

/// The author of a message in a conversation (Ollama `/api/chat`, `role`).
enum class ChatRole : std::uint8_t {
  user,
  assistant, ///< the model
  system,    ///< instructions; the first message
  tool,      ///< the result of a tool call of the assistant
};

[[nodiscard]] constexpr ChatRole last_of(ChatRole) noexcept { return ChatRole::tool; }

[[nodiscard]] constexpr std::string_view to_string(ChatRole role) noexcept {
  constexpr std::array<std::string_view, 4> names{"user", "assistant", "system", "tool"};
  const auto index = static_cast<std::size_t>(role);
  return index < names.size() ? names[index] : "user";
}

} // namespace nexus::llm
