#pragma once

#include <chrono>
#include <deque>

#include "messages/llm_client_config.hpp"

namespace nexus::llm {

/// Counts the restarts of one component: so many within a window, and no more. One thread.
class RestartBudget {
public:
  using Time = std::chrono::steady_clock::time_point;

  /// Whether the component may be started once more; counts it if so.
  [[nodiscard]] bool spend(const RestartSettings& settings, Time now) {
    while (!spent_.empty() && now - spent_.front() >= settings.window)
      spent_.pop_front();
    if (spent_.size() >= settings.max_restarts)
      return false;
    spent_.push_back(now);
    return true;
  }

private:
  std::deque<Time> spent_;
};

} // namespace nexus::llm
