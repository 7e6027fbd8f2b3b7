// SPDX-License-Identifier: BSD-3-Clause
// Times the workloads with Google Benchmark.
#include <benchmark/benchmark.h>

#include "tests/bench/workloads.hpp"

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv))
    return 2;
  for (const auto& workload : nexus::llm::bench::workloads())
    benchmark::RegisterBenchmark(workload.name.c_str(), [workload](benchmark::State& state) {
      for ([[maybe_unused]] auto round : state)
        workload.run();
    });
  benchmark::RunSpecifiedBenchmarks();
}
