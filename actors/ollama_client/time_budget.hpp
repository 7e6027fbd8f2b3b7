// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <optional>

#include "nexus_llm/errors.hpp"

namespace nexus::llm {

/// The time budget of one exchange (requirement P4). The transport enforces the connect timeout;
/// this covers the rest. Has no clock: callers pass the time. Not thread-safe.
class TimeBudget {
public:
  using Clock = std::chrono::steady_clock;
  using Millis = std::chrono::milliseconds;

  /// A complete response: `timeout` for the whole. The error depends on whether a chunk arrived.
  [[nodiscard]] static TimeBudget complete(Clock::time_point sent, Millis timeout) {
    TimeBudget budget{sent + timeout, ErrorCode::first_token_timeout};
    budget.next_code_ = ErrorCode::request_timeout;
    return budget;
  }

  /// A stream: `timeout` until its first chunk, `gap` between two chunks, `total` for all (0: no
  /// limit).
  [[nodiscard]] static TimeBudget stream(Clock::time_point sent, Millis timeout, Millis gap,
                                         Millis total) {
    TimeBudget budget{sent + timeout, ErrorCode::first_token_timeout};
    budget.next_code_ = ErrorCode::gap_timeout;
    budget.gap_ = gap;
    if (total > Millis{0})
      budget.end_ = sent + total;
    return budget;
  }

  /// The transfer of a model: `gap` between two progress reports.
  [[nodiscard]] static TimeBudget transfer(Clock::time_point sent, Millis gap) {
    TimeBudget budget{sent + gap, ErrorCode::download_stalled};
    budget.next_code_ = ErrorCode::download_stalled;
    budget.gap_ = gap;
    return budget;
  }

  /// An exchange whose response arrives as a whole; it fails with `code`.
  [[nodiscard]] static TimeBudget call(Clock::time_point sent, Millis timeout, ErrorCode code) {
    return {sent + timeout, code};
  }

  /// A chunk has arrived.
  void on_chunk(Clock::time_point now) {
    silence_code_ = next_code_;
    if (gap_ > Millis{0})
      silence_end_ = now + gap_;
  }

  /// Time has passed that does not count.
  void postpone(Clock::duration time) {
    silence_end_ += time;
    if (end_)
      *end_ += time;
  }

  /// When the exchange fails unless a chunk arrives before.
  [[nodiscard]] Clock::time_point deadline() const {
    return end_ && *end_ < silence_end_ ? *end_ : silence_end_;
  }

  /// The error code, if the time is up.
  [[nodiscard]] std::optional<ErrorCode> expired(Clock::time_point now) const {
    if (end_ && now >= *end_)
      return ErrorCode::total_timeout;
    if (now >= silence_end_)
      return silence_code_;
    return std::nullopt;
  }

private:
  TimeBudget(Clock::time_point silence_end, ErrorCode code)
      : silence_end_{silence_end}, silence_code_{code}, next_code_{code} {}

  Clock::time_point silence_end_;
  ErrorCode silence_code_;
  ErrorCode next_code_; ///< once a chunk has arrived
  Millis gap_{0};       ///< 0: chunks do not move the deadline
  std::optional<Clock::time_point> end_;
};

} // namespace nexus::llm
