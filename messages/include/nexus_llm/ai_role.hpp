#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace nexus::llm {

/// The AI roles of Nexus Overseer (requirement D2). Each has one RoleActor. What
/// is to be known of a role stands in `role_table`; this gives names to those that code must name.
enum class AIRole : std::uint8_t {
  overseer,       ///< plans and analyses; a reasoning model
  implementation, ///< writes code; a code model
};

/// One row of the table of roles.
struct RoleInfo {
  std::string_view name; ///< in the settings, on the command line and in JSON
  std::string_view default_model;
  std::string_view default_options; ///< JSON text of an object of Ollama options
};

/// The roles, one row for each value of `AIRole` in its order. A role is added here alone; the
/// settings, the command line, JSON, the documents, the figures and the protocol of nodes follow.
[[nodiscard]] std::span<const RoleInfo> role_table() noexcept;

/// Every role, in the order of the table.
[[nodiscard]] std::span<const AIRole> all_roles() noexcept;

/// Position of a role in what holds one element for each.
[[nodiscard]] constexpr std::size_t index_of(AIRole role) noexcept {
  return static_cast<std::size_t>(role);
}

/// The last role of the table.
[[nodiscard]] AIRole last_of(AIRole) noexcept;

/// The name of a role.
[[nodiscard]] std::string_view to_string(AIRole role) noexcept;

/// The inverse of `to_string`; nothing for any other text.
[[nodiscard]] std::optional<AIRole> parse_role(std::string_view text) noexcept;

/// The names of all roles for a sentence: `overseer and implementation`, with another word where it
/// is given.
[[nodiscard]] std::string role_names(std::string_view last_separator = " and ");

} // namespace nexus::llm
