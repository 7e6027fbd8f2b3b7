// SPDX-License-Identifier: BSD-3-Clause
// Measures what the actors add to libcurl, and how they grow: `nexus-llm-bench [--rounds N] [--only
// CASE] [--candidate NAME] [--json FILE] [--chart FILE] [--smoke] [--peer NAME=COMMAND]...`. The
// candidates take turns against one fast server, since machines are noisy; what counts are the
// ratios of the medians, and the CPU time of this process.
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "tests/bench/cases.hpp"
#include "tests/bench/chart.hpp"
#include "tests/bench/cost.hpp"
#include "tests/bench/report.hpp"

using namespace nexus::llm::bench;

namespace {

constexpr auto usage = "usage: nexus-llm-bench [--rounds N] [--only CASE] [--candidate NAME] "
                       "[--json FILE] [--chart FILE] [--smoke] [--peer NAME=COMMAND]...";

struct CommandLine {
  Plan plan;
  std::string json_file;
  std::string chart_file;
};

CommandLine parse(int argc, char** argv) {
  CommandLine line;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument{argv[i]};
    if (argument == "--smoke") {
      line.plan.smoke = true;
      continue;
    }
    must(++i < argc, usage);
    const std::string value{argv[i]};
    if (argument == "--rounds")
      line.plan.rounds = std::atoi(value.c_str());
    else if (argument == "--only")
      line.plan.only = value;
    else if (argument == "--candidate")
      line.plan.candidate = value;
    else if (argument == "--json")
      line.json_file = value;
    else if (argument == "--chart")
      line.chart_file = value;
    else if (const auto at = value.find('='); argument == "--peer" && at != std::string::npos)
      line.plan.peers.push_back({value.substr(0, at), value.substr(at + 1)});
    else
      must(false, usage);
  }
  must(line.plan.rounds > 0, usage);
  return line;
}

} // namespace

int main(int argc, char** argv) {
  const auto [plan, json_file, chart_file] = parse(argc, argv);
  const auto figures = run(plan);
  print(figures);
  if (!json_file.empty())
    write_json(json_file, figures);
  if (!chart_file.empty())
    write_chart(chart_file, figures);
}
