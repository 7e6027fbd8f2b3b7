// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/report.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <vector>

#include "config/json.hpp"

namespace nexus::llm::bench {

namespace {

const Figure* find(const Figures& figures, const Figure& row, const std::string& candidate) {
  const auto found = std::ranges::find_if(figures, [&](const Figure& each) {
    return each.case_name == row.case_name && each.quantity == row.quantity &&
           each.candidate == candidate;
  });
  return found == figures.end() ? nullptr : &*found;
}

} // namespace

void print(const Figures& figures) {
  std::vector<std::string> candidates;
  for (const auto& each : figures)
    if (std::ranges::find(candidates, each.candidate) == candidates.end())
      candidates.push_back(each.candidate);
  std::printf("%-38s %-22s", "", "");
  for (const auto& candidate : candidates)
    std::printf(" %12s", candidate.c_str());
  std::printf(" %14s\n", "here/libcurl");
  Figures rows;
  for (const auto& each : figures) {
    if (!rows.empty() && find(rows, each, rows.front().candidate) != nullptr)
      continue;
    auto row = each;
    row.candidate = rows.empty() ? each.candidate : rows.front().candidate;
    rows.push_back(row);
    std::printf("%-38s %-22s", each.case_name.c_str(), (each.quantity + ", " + each.unit).c_str());
    for (const auto& candidate : candidates)
      if (const auto* figure = find(figures, each, candidate))
        std::printf(" %12.3f", figure->value);
      else
        std::printf(" %12s", "");
    const auto* floor = find(figures, each, "libcurl");
    const auto* here = find(figures, each, "here");
    if (floor != nullptr && here != nullptr)
      std::printf(" %14.2f", here->value / floor->value);
    std::printf("\n");
  }
}

void write_json(const std::string& file, const Figures& figures) {
  json::Document document{rapidjson::kArrayType};
  auto& allocator = document.GetAllocator();
  for (const auto& each : figures) {
    json::Value row{rapidjson::kObjectType};
    const auto add = [&](const char* name, const std::string& text) {
      row.AddMember(rapidjson::StringRef(name), json::make_string(text, allocator), allocator);
    };
    add("case", each.case_name);
    add("candidate", each.candidate);
    add("quantity", each.quantity);
    add("unit", each.unit);
    row.AddMember("value", each.value, allocator);
    document.PushBack(row, allocator);
  }
  std::ofstream{file} << json::to_pretty_text(document) << '\n';
}

} // namespace nexus::llm::bench
