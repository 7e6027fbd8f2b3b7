// SPDX-License-Identifier: BSD-3-Clause
// Kills every component at every moment: `nexus-llm-kill-matrix [--check] PAGE`.
#include <algorithm>
#include <cstdio>
#include <string_view>

#include "nexus_llm/log.hpp"
#include "tests/docs/doc_section.hpp"
#include "tests/reliability/kill_matrix.hpp"

using namespace nexus::llm::test;

int main(int argc, char** argv) {
  // What is logged about failures made on purpose would hide what is reported.
  nexus::llm::set_logger(nullptr);
  const bool check = argc > 1 && std::string_view{argv[1]} == "--check";
  const int page = check ? 2 : 1;
  const auto outcomes = run_kill_matrix();
  std::size_t broken = 0;
  for (const auto& outcome : outcomes)
    if (!outcome.trouble.empty()) {
      ++broken;
      std::fprintf(stderr, "%s, %s, %s: %s\n", outcome.component.c_str(), outcome.moment.c_str(),
                   outcome.way.c_str(), outcome.trouble.c_str());
    }
  std::printf("%zu kills, %zu broken promises\n", outcomes.size(), broken);
  const auto table = kill_matrix_table(outcomes);
  if (argc <= page) {
    std::fputs(table.c_str(), stdout);
    return broken == 0 ? 0 : 1;
  }
  if (broken != 0)
    return 1;
  const bool current = update_section(argv[page], "kill matrix", table, check);
  if (check && !current)
    std::fputs(table.c_str(), stderr);
  return check && !current ? 1 : 0;
}
