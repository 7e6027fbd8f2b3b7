#pragma once

#include <chrono>
#include <cstdint>

#include "nexus_llm/errors.hpp"
#include "nexus_llm/llm_client_config.hpp"

namespace nexus::llm {

/// What has happened to a run so far.
struct AttemptHistory {
  std::uint32_t attempts = 0;      ///< over all models, the failed one included
  std::uint32_t on_this_model = 0; ///< attempts made on the current model, the failed one included
  std::uint32_t once_failures = 0; ///< of these, failures that may be repeated only once
  bool seen = false;               ///< a subscriber has seen something of the failed attempt
  bool restarted = false;          ///< the run has started over after something was seen
  bool more_models = false;        ///< there is a fallback model that was not tried
  bool before_break = false;       ///< accepted before the circuit opened
};

/// What to do after a failed attempt (requirement A4).
struct RetryDecision {
  enum class Next : std::uint8_t {
    fail,      ///< tell the caller
    retry,     ///< the same model again, after `wait`
    restart,   ///< likewise, and what was seen is void
    fall_back, ///< the next model at once
  };
  Next next = Next::fail;
  std::chrono::milliseconds wait{};
};

/// Decides by the error table, the settings and the history. `chance` in [0, 1) spreads the waits
/// of many callers.
[[nodiscard]] RetryDecision decide(const LLMError& error, const AttemptHistory& history,
                                   const LLMClientConfig& config, double chance);

} // namespace nexus::llm
