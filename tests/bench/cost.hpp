// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <functional>
#include <vector>

namespace nexus::llm::bench {

/// What some work took, in microseconds.
struct Cost {
  double wall = 0;
  double cpu = 0; ///< of this process
};

[[nodiscard]] Cost measure(const std::function<void()>& work);

/// The value that a share of the samples do not exceed. The samples must not be empty.
[[nodiscard]] double quantile(std::vector<double> samples, double share);
[[nodiscard]] inline double median(std::vector<double> samples) {
  return quantile(std::move(samples), 0.5);
}

/// Nanoseconds on a clock that all processes of the machine share.
[[nodiscard]] std::chrono::nanoseconds stamp_now();
/// Microseconds since a stamp.
[[nodiscard]] double micros_since(std::chrono::nanoseconds stamp);

/// Ends the process with a message unless `good`: a figure of a broken run must not be printed.
void must(bool good, const char* what);

} // namespace nexus::llm::bench
