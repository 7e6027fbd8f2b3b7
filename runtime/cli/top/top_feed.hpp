// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "config/event_descriptor.hpp"
#include "nexus_llm/llm_integration.hpp"
#include "runtime/cli/top/top_control.hpp"
#include "runtime/cli/top/top_state.hpp"

namespace nexus::llm::cli {

/// Asks a system for its state every second, and does what is wanted of it, on a thread of its own,
/// so that a system that does not answer holds nothing else up. Members are thread-safe.
class TopFeed {
public:
  using Clock = std::chrono::steady_clock;

  /// The latest that is known.
  struct News {
    std::optional<TopData> data = {};
    Clock::time_point at = {}; ///< of the data
    std::string trouble = {};  ///< why the last question failed
    std::string message = {};  ///< what came of an action; told once
  };

  /// `end` makes calls that are under way fail. `llm` must outlive this.
  TopFeed(LLMIntegration& llm, std::function<void()> end);
  ~TopFeed();
  TopFeed(const TopFeed&) = delete;
  TopFeed& operator=(const TopFeed&) = delete;

  /// Does an action as soon as possible, and asks again.
  void order(TopAction action);
  /// Returns what is known, and clears `descriptor`.
  [[nodiscard]] News take();
  /// Returns a descriptor for `poll` that is readable when there is news.
  [[nodiscard]] int descriptor() const noexcept { return news_ready_.descriptor(); }

private:
  void run();
  [[nodiscard]] Result<TopData> ask();
  [[nodiscard]] std::string perform(const TopAction& action);

  LLMIntegration& llm_;
  std::function<void()> end_;
  EventDescriptor news_ready_;
  EventDescriptor wake_;
  std::mutex mutex_;
  News news_;
  std::vector<TopAction> orders_;
  bool stop_ = false;
  std::thread thread_;
};

} // namespace nexus::llm::cli
