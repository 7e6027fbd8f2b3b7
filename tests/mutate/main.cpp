// SPDX-License-Identifier: BSD-3-Clause
// The part of `./dev mutate` that reads and writes sources; `tests/mutate/run` does the rest.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <set>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/mutate/blame.hpp"
#include "tests/mutate/mutator.hpp"

namespace {

namespace fs = std::filesystem;
using Ids = std::set<std::size_t>;

constexpr const char* usage =
    R"(usage: nexus-llm-mutate write ROOT COPY LIST DROPPED FILE... < FILES
         copy FILES of ROOT to COPY, with mutants in each FILE, and write them to LIST
       nexus-llm-mutate blame < OUTPUT
         print the mutants that the OUTPUT of the compiler complains of
       nexus-llm-mutate choose SEED COUNT < LIST
         print as many lines of LIST, in the order of their lots
       nexus-llm-mutate plan SUITES < LIST
         print each mutant with the suites that come by it, the nearest and the quickest first;
         SUITES has a line `NAME SECONDS STEM TRACE` for each
)";

std::string read(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in)
    throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::vector<std::string> lines_of(std::istream& in) {
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

/// What has not changed keeps its time, so that it is not compiled again.
void write_if_other(const fs::path& path, const std::string& text) {
  if (fs::exists(path) && read(path) == text)
    return;
  fs::create_directories(path.parent_path());
  std::ofstream{path, std::ios::binary} << text;
}

int write(std::span<const std::string> arguments) {
  const fs::path root = arguments[0];
  const fs::path copy = arguments[1];
  Ids dropped;
  std::ifstream dropped_ids{arguments[3]};
  for (std::size_t id = 0; dropped_ids >> id;)
    dropped.insert(id);
  const auto mutated = arguments.subspan(4);
  for (const auto& file : lines_of(std::cin)) {
    // A file that is gone is still in the index.
    if (!fs::is_regular_file(root / file) || std::ranges::find(mutated, file) != mutated.end())
      continue;
    write_if_other(copy / file, read(root / file));
    fs::permissions(copy / file, fs::status(root / file).permissions());
  }
  std::ofstream list{arguments[2]};
  // Each file has ids of its own, so that those of the others stay when it changes.
  std::size_t first = 1;
  for (const auto& file : mutated) {
    const auto result = nexus::mutate::mutate(read(root / file), first, dropped);
    write_if_other(copy / file, result.text);
    for (const auto& mutant : result.mutants)
      list << mutant.id << '\t' << file << ':' << mutant.line << ':' << mutant.column << '\t'
           << mutant.change << '\n';
    first += 2000;
  }
  return list ? 0 : 1;
}

int blame() {
  const auto blamed = nexus::mutate::blamed(std::cin);
  for (const auto id : blamed)
    std::cout << id << '\n';
  return blamed.empty() ? 1 : 0;
}

int choose(std::span<const std::string> arguments) {
  std::mt19937_64 chance{std::stoul(arguments[0])};
  const auto lines = lines_of(std::cin);
  // Each line draws a lot; the standard says the numbers of this engine, and of no distribution.
  std::vector<std::pair<std::uint64_t, std::size_t>> lots;
  for (std::size_t at = 0; at < lines.size(); ++at)
    lots.emplace_back(chance(), at);
  std::ranges::sort(lots);
  lots.resize(std::min<std::size_t>(lots.size(), std::stoul(arguments[1])));
  for (const auto& lot : lots)
    std::cout << lines[lot.second] << '\n';
  return 0;
}

int plan(std::span<const std::string> arguments) {
  struct Suite {
    std::string name;
    double seconds = 0;
    std::string stem;
    std::string trace;
  };
  std::vector<Suite> suites;
  std::ifstream in{arguments[0]};
  for (Suite suite; in >> suite.name >> suite.seconds >> suite.stem >> suite.trace;) {
    suite.trace = read(suite.trace);
    suites.push_back(suite);
  }
  for (const auto& line : lines_of(std::cin)) {
    const auto id = std::stoul(line);
    const auto file = line.substr(line.find('\t') + 1);
    const auto stem = fs::path{file.substr(0, file.find(':'))}.stem().string();
    std::vector<const Suite*> covering;
    for (const auto& suite : suites)
      if (id < suite.trace.size() && suite.trace[id] != 0)
        covering.push_back(&suite);
    std::ranges::stable_sort(covering, {}, [&](const Suite* suite) {
      return std::pair{suite->stem != stem, suite->seconds};
    });
    std::cout << id;
    for (const auto* suite : covering)
      std::cout << ' ' << suite->name;
    std::cout << '\n';
  }
  return 0;
}

} // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const std::string command = arguments.empty() ? "" : arguments[0];
  const auto rest = std::span{arguments}.subspan(arguments.empty() ? 0 : 1);
  if (command == "write" && rest.size() >= 4)
    return write(rest);
  if (command == "blame" && rest.empty())
    return blame();
  if (command == "choose" && rest.size() == 2)
    return choose(rest);
  if (command == "plan" && rest.size() == 1)
    return plan(rest);
  std::cerr << usage;
  return 2;
} catch (const std::exception& error) {
  std::cerr << "nexus-llm-mutate: " << error.what() << '\n';
  return 1;
}
