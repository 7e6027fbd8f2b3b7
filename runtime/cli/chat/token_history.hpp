// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nexus::llm::cli {

/// The tokens that a role has generated in each second of the last minute. The counters of a role
/// grow when an answer ends; its tokens belong to the time in which they were generated, which is
/// known as well. Takes the time as an argument. Not thread-safe.
class TokenHistory {
public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::size_t seconds = 60;

  /// Notes the counters since the start of the role. What came before the first call does not
  /// count; counters that have become smaller are those of a new start.
  void note(std::uint64_t tokens, std::chrono::nanoseconds generating, Time now);

  /// Returns the tokens per second over the last ten seconds.
  [[nodiscard]] double rate() const;
  /// Returns the tokens of the last seconds, the latest last.
  [[nodiscard]] std::vector<double> recent(std::size_t count) const;

private:
  std::array<double, seconds> tokens_{}; ///< the latest last
  std::optional<std::chrono::seconds> at_;
  std::uint64_t known_tokens_ = 0;
  std::chrono::nanoseconds known_time_{};
};

/// Returns a row of bars, one for each value, relative to the largest value.
[[nodiscard]] std::string bars_of(const std::vector<double>& values);

} // namespace nexus::llm::cli
