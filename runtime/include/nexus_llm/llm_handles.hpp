// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "nexus_llm/interfaces.hpp"
#include "nexus_llm/per_role.hpp"

namespace nexus::llm {

/// The actor handles through which callers use the LLM integration, whether it runs in this process
/// (`LLMSystem`) or on a node (`RemoteLLM`). All handles stay valid if a component behind them
/// restarts. Cheap to copy; any thread.
struct LLMHandles {
  PerRole<role_handle> roles;
  models_handle models;
  settings_handle config;
  health_handle health;

  /// Returns the handle of a role.
  [[nodiscard]] const role_handle& role(AIRole role) const noexcept { return roles[role]; }
};

} // namespace nexus::llm
