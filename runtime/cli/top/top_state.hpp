// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nexus_llm/health.hpp"
#include "nexus_llm/model_status.hpp"
#include "nexus_llm/per_role.hpp"
#include "runtime/cli/chat/token_history.hpp"

namespace nexus::llm::cli {

/// What a node has told. Plain data.
struct TopData {
  Health health = {};
  std::vector<RunningModel> models = {};
  std::vector<RunningRequest> requests = {}; ///< of all roles, the oldest first
  std::uint64_t requests_total = 0;          ///< there may be more than are listed
};

/// What `top` shows. Plain data.
struct TopState {
  std::string node = {};            ///< its address, for people
  std::optional<TopData> data = {}; ///< the latest; not set before the first answer
  PerRole<TokenHistory> history = {};
  std::string trouble = {};       ///< why there is no newer answer; empty if there is none
  std::chrono::seconds silence{}; ///< since the latest answer
  std::chrono::system_clock::time_point now = {};
};

} // namespace nexus::llm::cli
