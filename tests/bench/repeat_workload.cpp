// SPDX-License-Identifier: BSD-3-Clause
// Runs a workload again and again, for a tool that counts instructions: `nexus-llm-workload NAME
// TIMES`. Without arguments, prints the names.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tests/bench/workloads.hpp"

int main(int argc, char** argv) {
  for (const auto& workload : nexus::llm::bench::workloads()) {
    if (argc != 3) {
      std::puts(workload.name.c_str());
      continue;
    }
    if (workload.name != std::string_view{argv[1]})
      continue;
    for (int i = std::atoi(argv[2]); i > 0; --i)
      workload.run();
    return 0;
  }
  return argc == 3 ? 2 : 0;
}
