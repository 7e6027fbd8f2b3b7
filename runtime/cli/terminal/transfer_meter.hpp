// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace nexus::llm::cli {

/// The speed of a transfer, smoothed over some seconds, and the time that is left. Takes the time
/// as an argument. Not thread-safe.
class TransferMeter {
public:
  using Time = std::chrono::steady_clock::time_point;

  /// Notes how far the transfer is. What was there at the first call, such as the part of an
  /// earlier download, does not count for the speed.
  void note(std::uint64_t completed, std::uint64_t total, Time now);

  /// Returns the bytes per second; not set until enough time has passed to tell.
  [[nodiscard]] std::optional<double> speed() const noexcept { return speed_; }
  /// Returns the time that is left at this speed; not set if that is not known, or a year away.
  [[nodiscard]] std::optional<std::chrono::seconds> left() const;

private:
  std::optional<Time> last_;
  std::uint64_t last_completed_ = 0;
  std::uint64_t remaining_ = 0;
  std::optional<double> speed_;
};

} // namespace nexus::llm::cli
