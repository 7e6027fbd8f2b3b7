// SPDX-License-Identifier: BSD-3-Clause
// Steady mixed load: prints a line a minute, and fails where anything grows.
#include <CLI/CLI.hpp>

#include <cstdio>
#include <optional>

#include "nexus_llm/log.hpp"
#include "tests/reliability/chaos.hpp"
#include "tests/reliability/process.hpp"

using namespace nexus::llm::test;
using namespace std::chrono_literals;

int main(int argc, char** argv) {
  // What is logged about failures made on purpose would hide what is reported.
  nexus::llm::set_logger(nullptr);
  CLI::App app{"Runs mixed requests for some minutes and watches what the process holds."};
  double minutes = 10;
  ChaosOptions options{.clients = 8, .mischief = false};
  app.add_option("minutes", minutes, "how long")->check(CLI::PositiveNumber);
  app.add_option("--clients", options.clients, "how many ask at a time")->check(CLI::Range(1, 256));
  CLI11_PARSE(app, argc, argv);
  use_one_heap();

  constexpr auto warm_up = 15s;
  options.interval = warm_up;
  // A moment more, for the last interval to come to its end.
  options.duration =
      std::chrono::milliseconds{static_cast<std::int64_t>(minutes * 60'000)} + warm_up + 1s;
  std::optional<Resources> first;
  Resources last;
  unsigned quarters = 0;
  Latencies minute;
  std::printf("minute  answered/s   p50 ms   p99 ms  memory MiB  descriptors  threads\n");
  options.on_interval = [&](const Latencies& times) {
    last = Resources::now();
    if (!first) {
      first = last;
      return;
    }
    minute.insert(minute.end(), times.begin(), times.end());
    if (++quarters % 4 != 0)
      return;
    std::printf("%6u  %10.1f  %7.1f  %7.1f  %10.1f  %11zu  %7zu\n", quarters / 4,
                static_cast<double>(minute.size()) / 60,
                static_cast<double>(percentile(minute, 0.5).count()) / 1000,
                static_cast<double>(percentile(minute, 0.99).count()) / 1000, last.mebibytes(),
                last.descriptors, last.threads);
    std::fflush(stdout);
    Latencies{}.swap(minute);
  };
  const auto report = run_chaos(options);
  bool ok = report.ok();
  if (!ok)
    std::printf("FAILED: %llu lost, %llu duplicated, %llu corrupted; %s\n",
                static_cast<unsigned long long>(report.lost),
                static_cast<unsigned long long>(report.duplicated),
                static_cast<unsigned long long>(report.corrupted), report.trouble.c_str());
  // Descriptors and threads come and go with slow subscribers and connections: a few are no growth.
  if (first && (last.mebibytes() > first->mebibytes() + 4 ||
                last.descriptors > first->descriptors + 16 || last.threads > first->threads + 16)) {
    std::printf(
        "FAILED: it grew, from %.1f to %.1f MiB, %zu to %zu descriptors, %zu to %zu threads\n",
        first->mebibytes(), last.mebibytes(), first->descriptors, last.descriptors, first->threads,
        last.threads);
    ok = false;
  }
  return ok ? 0 : 1;
}
