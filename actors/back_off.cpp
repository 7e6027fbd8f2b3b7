// SPDX-License-Identifier: BSD-3-Clause
#include "actors/back_off.hpp"

#include <algorithm>

namespace nexus::llm {

namespace {
using Millis = std::chrono::milliseconds;
constexpr double most_jitter = 0.5; ///< share of the wait
} // namespace

Millis back_off(std::uint32_t failures, const LLMClientConfig& config) {
  auto wait = std::min(config.retry_delay, config.max_retry_delay);
  for (std::uint32_t i = 1; i < failures; ++i)
    wait = std::min(2 * wait, config.max_retry_delay);
  return wait;
}

Millis back_off(std::uint32_t failures, const LLMClientConfig& config, double chance) {
  const auto wait = back_off(failures, config);
  const Millis jitter{
      static_cast<Millis::rep>(static_cast<double>(wait.count()) * chance * most_jitter)};
  return std::min(wait + jitter, config.max_retry_delay);
}

Millis retry_budget(const LLMClientConfig& config) {
  Millis budget{0};
  for (std::uint32_t failures = 1; failures <= config.max_retries; ++failures)
    budget += back_off(failures, config, 1.0);
  return budget;
}

} // namespace nexus::llm
