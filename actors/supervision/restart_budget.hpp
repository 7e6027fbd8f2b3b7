#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>

#include "nexus_llm/llm_client_config.hpp"

namespace nexus::llm {

/// Counts the restarts of one component: so many within a window, and no more; each after a longer
/// wait, so that what passes soon (a process out of file descriptors) does not use them up. One
/// thread.
class RestartBudget {
public:
  using Time = std::chrono::steady_clock::time_point;
  using Millis = std::chrono::milliseconds;

  static constexpr Millis first_wait{50}; ///< before the second restart; the first is at once
  static constexpr Millis max_wait{5000};

  /// When the component may be started once more; nothing where it may not. Counts it if so.
  [[nodiscard]] std::optional<Millis> spend(const RestartSettings& settings, Time now) {
    while (!spent_.empty() && now - spent_.front() >= settings.window)
      spent_.pop_front();
    if (spent_.size() >= settings.max_restarts)
      return std::nullopt;
    auto wait = spent_.empty() ? Millis{0} : first_wait;
    for (std::size_t restart = 1; restart < spent_.size() && wait < max_wait; ++restart)
      wait *= 2;
    wait = std::min(wait, max_wait);
    spent_.push_back(now);
    return wait;
  }

private:
  std::deque<Time> spent_;
};

} // namespace nexus::llm
