#include "actors/supervision/retry_policy.hpp"

#include <algorithm>

namespace nexus::llm {

std::chrono::milliseconds back_off(std::uint32_t failures, const LLMClientConfig& config) {
  auto wait = config.retry_delay;
  for (std::uint32_t i = 1; i < failures && wait < config.max_retry_delay; ++i)
    wait *= 2;
  return std::min(wait, config.max_retry_delay);
}

RetryDecision decide(const LLMError& error, const AttemptHistory& history,
                     const LLMClientConfig& config, double chance) {
  using Next = RetryDecision::Next;
  using Millis = std::chrono::milliseconds;
  const auto& row = info(error.code);
  const bool component = error.code == ErrorCode::component_failed;

  auto wait = [&] {
    // A component that failed is fresh again at once.
    if (component)
      return Millis{0};
    const auto longest = back_off(history.on_this_model, config);
    const Millis jittered{static_cast<Millis::rep>(static_cast<double>(longest.count()) * chance)};
    if (error.retry_after)
      return std::min(std::max(*error.retry_after, jittered), config.max_retry_delay);
    return jittered;
  };
  auto may_repeat = [&] {
    // Not the model's failure; whoever decides counts these by themselves.
    if (component)
      return true;
    switch (row.retry) {
    case Retry::never:
      return false;
    case Retry::once:
      return history.once_failures <= 1 && history.on_this_model <= config.max_retries;
    case Retry::budget:
      return history.on_this_model <= config.max_retries;
    case Retry::resume:
      return history.attempts > 1 && history.on_this_model <= config.max_retries;
    }
    return false;
  };

  if (history.seen) {
    const bool allowed = component || config.stream_recovery == StreamRecovery::restart;
    if (allowed && !history.restarted && row.retry != Retry::never)
      return {Next::restart, wait()};
    return {};
  }
  if (may_repeat())
    return {Next::retry, wait()};
  if (row.falls_back && history.more_models)
    return {Next::fall_back, Millis{0}};
  return {};
}

} // namespace nexus::llm
