#pragma once

#include <array>

#include "messages/interfaces.hpp"

namespace nexus::llm {

/// What a user of the system holds, whether it runs in this process (`LLMSystem`) or on a node
/// (`RemoteLLM`). All handles stay valid across the restart of anything behind them. Cheap to copy.
struct LLMHandles {
  std::array<role_actor, all_roles.size()> roles;
  model_manager_actor models;
  config_actor config;
  health_actor health;

  [[nodiscard]] const role_actor& role(AIRole role) const noexcept { return roles[index_of(role)]; }
};

} // namespace nexus::llm
