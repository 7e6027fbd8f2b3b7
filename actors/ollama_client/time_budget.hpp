#pragma once

#include <chrono>
#include <optional>

#include "nexus_llm/errors.hpp"

namespace nexus::llm {

/// The time that one exchange may take (requirement P4). Connecting is watched by the
/// transport; this owns the rest. A function of the times that it is told.
class TimeBudget {
public:
  using Clock = std::chrono::steady_clock;
  using Millis = std::chrono::milliseconds;

  /// A complete answer: `timeout` for the whole. The failure tells whether a byte came.
  [[nodiscard]] static TimeBudget complete(Clock::time_point sent, Millis timeout) {
    TimeBudget budget{sent + timeout, ErrorCode::first_token_timeout};
    budget.next_code_ = ErrorCode::request_timeout;
    return budget;
  }

  /// A stream: `timeout` until its first chunk, `gap` between two, `total` for all (0 is none).
  [[nodiscard]] static TimeBudget stream(Clock::time_point sent, Millis timeout, Millis gap,
                                         Millis total) {
    TimeBudget budget{sent + timeout, ErrorCode::first_token_timeout};
    budget.next_code_ = ErrorCode::gap_timeout;
    budget.gap_ = gap;
    if (total > Millis{0})
      budget.end_ = sent + total;
    return budget;
  }

  /// The transfer of a model: `gap` between two reports of progress.
  [[nodiscard]] static TimeBudget transfer(Clock::time_point sent, Millis gap) {
    TimeBudget budget{sent + gap, ErrorCode::download_stalled};
    budget.next_code_ = ErrorCode::download_stalled;
    budget.gap_ = gap;
    return budget;
  }

  /// An exchange whose answer comes at once as a whole; the failure is `code`.
  [[nodiscard]] static TimeBudget call(Clock::time_point sent, Millis timeout, ErrorCode code) {
    return {sent + timeout, code};
  }

  /// A chunk came.
  void on_chunk(Clock::time_point now) {
    silence_code_ = next_code_;
    if (gap_ > Millis{0})
      silence_end_ = now + gap_;
  }

  /// When the exchange fails unless something comes before.
  [[nodiscard]] Clock::time_point deadline() const {
    return end_ && *end_ < silence_end_ ? *end_ : silence_end_;
  }

  /// The failure, if the time is up.
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
  ErrorCode next_code_; ///< once a chunk has come
  Millis gap_{0};       ///< 0: chunks do not move the deadline
  std::optional<Clock::time_point> end_;
};

} // namespace nexus::llm
