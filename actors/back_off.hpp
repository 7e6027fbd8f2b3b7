#pragma once

#include <chrono>
#include <cstdint>

#include "nexus_llm/llm_client_config.hpp"

namespace nexus::llm {

/// The least wait before the attempt after `failures` failed ones: `retryDelay`, doubled each time,
/// up to `maxRetryDelay`.
[[nodiscard]] std::chrono::milliseconds back_off(std::uint32_t failures,
                                                 const LLMClientConfig& config);

/// The same with its jitter: `chance` in [0, 1) adds up to half of the wait, within the bound, so
/// that many callers do not come back at once.
[[nodiscard]] std::chrono::milliseconds back_off(std::uint32_t failures,
                                                 const LLMClientConfig& config, double chance);

/// The longest time that all retries of one request on one model can wait.
[[nodiscard]] std::chrono::milliseconds retry_budget(const LLMClientConfig& config);

} // namespace nexus::llm
