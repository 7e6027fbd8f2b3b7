// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/transfer_meter.hpp"

#include <cmath>

namespace nexus::llm::cli {

namespace {

/// Shorter times give no useful speed.
constexpr std::chrono::milliseconds least_time{250};
/// How long a change of the speed takes to be seen, about.
constexpr double smoothing_seconds = 5;

} // namespace

void TransferMeter::note(std::uint64_t completed, std::uint64_t total, Time now) {
  remaining_ = total > completed ? total - completed : 0;
  // A part that is transferred again is no negative speed.
  if (!last_ || completed < last_completed_) {
    last_ = now;
    last_completed_ = completed;
    return;
  }
  if (now - *last_ < least_time)
    return;
  const auto seconds = std::chrono::duration<double>{now - *last_}.count();
  const auto rate = static_cast<double>(completed - last_completed_) / seconds;
  const auto weight = speed_ ? 1 - std::exp(-seconds / smoothing_seconds) : 1;
  speed_ = speed_.value_or(0) * (1 - weight) + rate * weight;
  last_ = now;
  last_completed_ = completed;
}

std::optional<std::chrono::seconds> TransferMeter::left() const {
  constexpr double year = 365.0 * 86400;
  if (!speed_ || static_cast<double>(remaining_) >= *speed_ * year)
    return std::nullopt;
  return std::chrono::seconds{
      static_cast<std::int64_t>(std::ceil(static_cast<double>(remaining_) / *speed_))};
}

} // namespace nexus::llm::cli
