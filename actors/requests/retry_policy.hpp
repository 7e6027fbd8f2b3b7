// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>

#include "nexus_llm/errors.hpp"
#include "nexus_llm/llm_client_config.hpp"

namespace nexus::llm {

/// What has happened to a run so far.
struct AttemptHistory {
  std::uint32_t attempts = 0;      ///< on all models, including the failed attempt
  std::uint32_t on_this_model = 0; ///< on the current model, including the failed attempt
  std::uint32_t once_failures = 0; ///< of these, those whose failure may be retried only once
  bool seen = false;               ///< a subscriber has seen a chunk of the failed attempt
  bool restarted = false;          ///< the run was restarted after a chunk was seen
  bool more_models = false;        ///< there is a fallback model that was not tried yet
  bool before_break = false;       ///< accepted before the circuit opened
};

/// What to do after a failed attempt (requirement A4).
struct RetryDecision {
  enum class Next : std::uint8_t {
    fail,      ///< the caller gets the error
    retry,     ///< retry the same model after `wait`
    restart,   ///< the same, and what was seen is invalid
    fall_back, ///< try the next model at once
  };
  Next next = Next::fail;
  std::chrono::milliseconds wait{};
};

/// Decides by the error table, the settings and the history. `chance` in [0, 1) spreads the waits
/// of many callers. Thread-safe.
[[nodiscard]] RetryDecision decide(const LLMError& error, const AttemptHistory& history,
                                   const LLMClientConfig& config, double chance);

} // namespace nexus::llm
