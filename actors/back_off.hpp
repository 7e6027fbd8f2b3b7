// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>

#include "nexus_llm/llm_client_config.hpp"

namespace nexus::llm {

/// The minimum wait after `failures` failed attempts: `retryDelay`, doubled for each further
/// failure, up to `maxRetryDelay`. Thread-safe.
[[nodiscard]] std::chrono::milliseconds back_off(std::uint32_t failures,
                                                 const LLMClientConfig& config);

/// The same with jitter: `chance` in [0, 1) adds up to half of the wait, up to `maxRetryDelay`, so
/// that many callers do not retry at the same time.
[[nodiscard]] std::chrono::milliseconds back_off(std::uint32_t failures,
                                                 const LLMClientConfig& config, double chance);

/// The longest total wait of all retries of one request on one model, unless a server sends
/// `Retry-After`.
[[nodiscard]] std::chrono::milliseconds retry_budget(const LLMClientConfig& config);

} // namespace nexus::llm
