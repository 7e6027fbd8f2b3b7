// SPDX-License-Identifier: BSD-3-Clause
// A scenario is read or refused with the line at fault; what was read is the same when it is
// written on one line or on many.
#include <algorithm>
#include <charconv>
#include <string>

#include "config/json.hpp"
#include "config/utf8.hpp"
#include "runtime/harness/duration_text.hpp"
#include "runtime/harness/located_json.hpp"
#include "runtime/harness/scenario_format.hpp"
#include "tests/fuzz/property.hpp"

using namespace nexus::llm;
using namespace nexus::llm::fuzz;
using namespace nexus::llm::testing;

namespace {

constexpr std::string_view name_of_file = "s.json";

std::size_t lines_in(std::string_view text) {
  return 1 + static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

void check_refusal(const LLMError& error, std::string_view text) {
  must(error.code == ErrorCode::invalid_argument, "a refusal is about the file");
  must(is_valid_utf8(sentence(error)), "its sentence can be shown");
  const std::string prefix = std::string{name_of_file} + ":";
  must(error.subject.starts_with(prefix), "it names the file");
  std::size_t line = 0;
  const auto* const begin = error.subject.data() + prefix.size();
  const auto [end, fault] = std::from_chars(begin, begin + error.subject.size(), line);
  must(fault == std::errc{} && *end == ':', "and the line");
  must(line >= 1 && line <= lines_in(text), "which is one of the file");
}

void check_duration(std::string_view text) {
  const auto duration = parse_duration(text);
  if (!duration)
    return;
  must(duration->count() >= 0 && *duration <= std::chrono::hours{366 * 24},
       "a time is not negative, and has an end");
  must(parse_duration(duration_text(*duration)) == duration, "and is written as it is read");
}

/// As `Scenario::parse` reads a file.
Result<LocatedJson> read(std::string_view text) {
  auto root = read_located_json(text, std::string{name_of_file});
  if (root)
    if (auto good = check_scenario(*root, std::string{name_of_file}); !good)
      return failure(std::move(good.error()));
  return root;
}

/// Both hold the same values; their lines may differ.
bool same(const LocatedJson& left, const LocatedJson& right) {
  return left.value == right.value && std::ranges::equal(left.elements, right.elements, same) &&
         std::ranges::equal(left.members, right.members, [](const auto& mine, const auto& theirs) {
           return mine.name == theirs.name && same(mine.value, theirs.value);
         });
}

void check_lines(const LocatedJson& located, std::size_t first, std::size_t last) {
  must(located.line >= first && located.line <= last, "a value stands within what it is part of");
  for (const auto& [name, value] : located.members)
    check_lines(value, located.line, last);
  for (const auto& element : located.elements)
    check_lines(element, located.line, last);
}

void check_again(const LocatedJson& scenario, const std::string& text) {
  const auto again = read(text);
  must(again.has_value() && same(*again, scenario), "what was written is what is read");
  check_lines(*again, 1, lines_in(text));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = Input{data, size}.rest();
  check_duration(text);
  const auto scenario = read(text);
  if (!scenario) {
    check_refusal(scenario.error(), text);
    return 0;
  }
  check_lines(*scenario, 1, lines_in(text));
  for (const auto& step : scenario->find("steps")->elements)
    must(step.find(kind_of(step).name()) != nullptr, "a step is of a kind");
  check_again(*scenario, json::to_text(scenario->value));
  check_again(*scenario, json::to_pretty_text(scenario->value));
  return 0;
}
