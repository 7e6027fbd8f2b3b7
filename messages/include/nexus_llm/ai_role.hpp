// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace nexus::llm {

/// The AI roles of Nexus Overseer (requirement D2). Each role has one RoleActor. `role_table`
/// defines the properties of each role; this enum names the roles that code refers to.
enum class AIRole : std::uint8_t {
  overseer,       ///< plans and analyzes; a reasoning model
  implementation, ///< writes code; a code model
};

/// One row of `role_table`: the name and the defaults of a role.
struct RoleInfo {
  std::string_view name; ///< in the settings, on the command line and in JSON
  std::string_view default_model;
  std::string_view default_options; ///< JSON text of an object of Ollama options
};

/// Returns the roles, one row per value of `AIRole` in the same order. To add a role, add a row:
/// the settings, the command line, JSON, the documentation, the counters and the node protocol
/// derive from this table.
[[nodiscard]] std::span<const RoleInfo> role_table() noexcept;

/// Returns all roles, in the order of the table.
[[nodiscard]] std::span<const AIRole> all_roles() noexcept;

/// Returns the index of a role in containers with one element per role.
[[nodiscard]] constexpr std::size_t index_of(AIRole role) noexcept {
  return static_cast<std::size_t>(role);
}

/// Returns the last role of the table.
[[nodiscard]] AIRole last_of(AIRole) noexcept;

/// Returns the name of a role.
[[nodiscard]] std::string_view to_string(AIRole role) noexcept;

/// Returns the role with this name, or `nullopt`.
[[nodiscard]] std::optional<AIRole> parse_role(std::string_view text) noexcept;

/// Returns the names of all roles as part of a sentence, such as `overseer and implementation`.
/// `last_separator` replaces ` and `.
[[nodiscard]] std::string role_names(std::string_view last_separator = " and ");

} // namespace nexus::llm
