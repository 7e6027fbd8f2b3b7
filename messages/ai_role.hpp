#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace nexus::llm {

/// The AI roles of Nexus Overseer (specification, "Data Structures"). Each has one RoleActor.
enum class AIRole : std::uint8_t {
  overseer,       ///< plans and analyses; a reasoning model
  implementation, ///< writes code; a code model
};

/// Every role, in the order of the enum.
inline constexpr std::array<AIRole, 2> all_roles{AIRole::overseer, AIRole::implementation};

[[nodiscard]] constexpr AIRole last_of(AIRole) noexcept { return all_roles.back(); }

/// The name used in the configuration file, on the command line and in JSON.
[[nodiscard]] constexpr std::string_view to_string(AIRole role) noexcept {
  return role == AIRole::overseer ? "overseer" : "implementation";
}

/// Position of a role in arrays that hold one element per role.
[[nodiscard]] constexpr std::size_t index_of(AIRole role) noexcept {
  return static_cast<std::size_t>(role);
}

/// The inverse of `to_string`; nothing for any other text.
[[nodiscard]] constexpr std::optional<AIRole> parse_role(std::string_view text) noexcept {
  for (auto role : all_roles)
    if (to_string(role) == text)
      return role;
  return std::nullopt;
}

} // namespace nexus::llm
