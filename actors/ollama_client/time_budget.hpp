#pragma once

#include <chrono>
#include <optional>

#include "messages/errors.hpp"

namespace nexus::llm {

/// The time that one exchange may take (design, "Time budgets"). Connecting is watched by the
/// transport; this owns the rest. A function of the times that it is told.
class TimeBudget {
public:
  using Clock = std::chrono::steady_clock;
  using Millis = std::chrono::milliseconds;

  /// A complete answer: `timeout` for the whole.
  [[nodiscard]] static TimeBudget complete(Clock::time_point sent, Millis timeout) {
    return {sent + timeout, ErrorCode::request_timeout, Millis{0}, std::nullopt};
  }

  /// A stream: `timeout` until its first chunk, `gap` between two, `total` for all (0 is none).
  [[nodiscard]] static TimeBudget stream(Clock::time_point sent, Millis timeout, Millis gap,
                                         Millis total) {
    std::optional<Clock::time_point> end;
    if (total > Millis{0})
      end = sent + total;
    return {sent + timeout, ErrorCode::first_token_timeout, gap, end};
  }

  /// A chunk came.
  void on_chunk(Clock::time_point now) {
    if (gap_ == Millis{0})
      return;
    silence_end_ = now + gap_;
    silence_code_ = ErrorCode::gap_timeout;
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
  TimeBudget(Clock::time_point silence_end, ErrorCode code, Millis gap,
             std::optional<Clock::time_point> end)
      : silence_end_{silence_end}, silence_code_{code}, gap_{gap}, end_{end} {}

  Clock::time_point silence_end_;
  ErrorCode silence_code_;
  Millis gap_;
  std::optional<Clock::time_point> end_;
};

} // namespace nexus::llm
