// SPDX-License-Identifier: BSD-3-Clause
#include "actors/requests/retry_policy.hpp"

#include <algorithm>

#include "actors/back_off.hpp"

namespace nexus::llm {

RetryDecision decide(const LLMError& error, const AttemptHistory& history,
                     const LLMClientConfig& config, double chance) {
  using Next = RetryDecision::Next;
  const auto& row = info(error.code);
  const bool moved = row.retry == Retry::moved;

  auto wait = [&] {
    // The replacement of a lost component is ready at once.
    if (moved)
      return std::chrono::milliseconds{0};
    const auto least = back_off(history.on_this_model, config, chance);
    return std::min(std::max(error.retry_after.value_or(least), least), config.max_retry_delay);
  };
  auto may_repeat = [&] {
    switch (row.retry) {
    case Retry::moved:
      // Not a failure of the model; the caller of `decide` limits these.
      return true;
    case Retry::never:
      return false;
    case Retry::once:
      return history.once_failures <= 1 && history.on_this_model <= config.max_retries;
    case Retry::budget:
      return history.on_this_model <= config.max_retries;
    case Retry::resume:
      return (history.attempts > 1 || history.before_break) &&
             history.on_this_model <= config.max_retries;
    }
    return false;
  };

  if (history.seen) {
    const bool allowed = moved || config.stream_recovery == StreamRecovery::restart;
    if (allowed && !history.restarted && row.retry != Retry::never)
      return {Next::restart, wait()};
    return {};
  }
  if (may_repeat())
    return {Next::retry, wait()};
  if (row.falls_back && history.more_models)
    return {Next::fall_back, std::chrono::milliseconds{0}};
  return {};
}

} // namespace nexus::llm
