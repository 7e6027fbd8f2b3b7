#pragma once

#include "nexus_llm/interfaces.hpp"
#include "nexus_llm/per_role.hpp"

namespace nexus::llm {

/// What a user of the system holds, whether it runs in this process (`LLMSystem`) or on a node
/// (`RemoteLLM`). All handles stay valid across the restart of anything behind them. Cheap to copy.
struct LLMHandles {
  PerRole<role_handle> roles;
  models_handle models;
  settings_handle config;
  health_handle health;

  [[nodiscard]] const role_handle& role(AIRole role) const noexcept { return roles[role]; }
};

} // namespace nexus::llm
