// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>

#include "nexus_llm/llm_client_config.hpp"

namespace nexus::llm {

/// Limits the restarts of one component: a maximum number within a window, each after a longer
/// delay, so that a transient failure (such as a process without file descriptors) does not use
/// them up. Not thread-safe.
class RestartBudget {
public:
  using Time = std::chrono::steady_clock::time_point;
  using Millis = std::chrono::milliseconds;

  static constexpr Millis first_wait{50}; ///< before the second restart; the first has no delay
  static constexpr Millis max_wait{5000};

  /// Returns the delay before the next restart and counts it, or nothing if the budget is used up.
  [[nodiscard]] std::optional<Millis> spend(const RestartSettings& settings, Time now) {
    while (!spent_.empty() && now - spent_.front() >= settings.window)
      spent_.pop_front();
    if (spent_.size() >= settings.max_restarts)
      return std::nullopt;
    auto wait = spent_.empty() ? Millis{0} : first_wait;
    for (std::size_t restart = 1; restart < spent_.size(); ++restart)
      wait = std::min(2 * wait, max_wait);
    spent_.push_back(now);
    return wait;
  }

private:
  std::deque<Time> spent_;
};

} // namespace nexus::llm
