// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/cost.hpp"

#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

namespace nexus::llm::bench {

namespace {

double cpu_now() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto micros = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return micros(used.ru_utime) + micros(used.ru_stime);
}

} // namespace

Cost measure(const std::function<void()>& work) {
  const auto cpu = cpu_now();
  const auto begin = stamp_now();
  work();
  return {micros_since(begin), cpu_now() - cpu};
}

double quantile(std::vector<double> samples, double share) {
  const auto last = static_cast<double>(samples.size() - 1);
  const auto at = samples.begin() + static_cast<std::ptrdiff_t>(last * share);
  std::nth_element(samples.begin(), at, samples.end());
  return *at;
}

std::chrono::nanoseconds stamp_now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

double micros_since(std::chrono::nanoseconds stamp) {
  return std::chrono::duration<double, std::micro>(stamp_now() - stamp).count();
}

void must(bool good, const char* what) {
  if (good)
    return;
  std::fprintf(stderr, "bench: %s\n", what);
  std::exit(1);
}

} // namespace nexus::llm::bench
