// SPDX-License-Identifier: BSD-3-Clause
#include "nexus_llm/ai_role.hpp"

#include <vector>

namespace nexus::llm {

namespace {

std::vector<AIRole> list_roles() {
  std::vector<AIRole> roles;
  for (std::size_t i = 0; i < role_table().size(); ++i)
    roles.push_back(static_cast<AIRole>(i));
  return roles;
}

} // namespace

std::span<const AIRole> all_roles() noexcept {
  static const auto roles = list_roles();
  return roles;
}

AIRole last_of(AIRole) noexcept { return all_roles().back(); }

std::string_view to_string(AIRole role) noexcept {
  const auto roles = role_table();
  return index_of(role) < roles.size() ? roles[index_of(role)].name : "unknown";
}

std::optional<AIRole> parse_role(std::string_view text) noexcept {
  for (const auto role : all_roles())
    if (to_string(role) == text)
      return role;
  return std::nullopt;
}

std::string role_names(std::string_view last_separator) {
  std::string names;
  for (const auto role : all_roles()) {
    if (!names.empty())
      names += role == all_roles().back() ? last_separator : ", ";
    names += to_string(role);
  }
  return names;
}

} // namespace nexus::llm
