// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/chart.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <vector>

namespace nexus::llm::bench {

namespace {

constexpr double width = 760;
constexpr double label_width = 170;
constexpr double bar_height = 18;
constexpr double line_height = 24;
constexpr double title_height = 34;
constexpr double most_decades = 3; ///< a bar of full length is a thousand times libcurl

struct Bar {
  std::string candidate;
  double ratio;
};

struct Group {
  std::string title;
  std::vector<Bar> bars;
};

std::vector<Group> groups_of(const Figures& figures) {
  std::vector<Group> groups;
  for (const auto& floor : figures) {
    if (floor.candidate != "libcurl" || floor.quantity != "CPU" || floor.value <= 0)
      continue;
    Group group{floor.case_name, {}};
    for (const auto& each : figures)
      if (each.case_name == floor.case_name && each.quantity == floor.quantity)
        group.bars.push_back({each.candidate, each.value / floor.value});
    groups.push_back(std::move(group));
  }
  return groups;
}

std::string number(double value, const char* format) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::string at(double value) { return "\"" + number(value, "%.1f") + "\""; }

std::string text(double x, double y, const std::string& attributes, const std::string& content) {
  return "<text x=" + at(x) + " y=" + at(y) + attributes + ">" + content + "</text>\n";
}

} // namespace

void write_chart(const std::string& file, const Figures& figures) {
  std::string body;
  double y = 10;
  for (const auto& group : groups_of(figures)) {
    y += title_height;
    body += text(0, y - 10, " font-weight=\"bold\"", "CPU time, " + group.title);
    for (const auto& bar : group.bars) {
      const auto decades = std::clamp(std::log10(std::max(bar.ratio, 1.0)), 0.0, most_decades);
      const auto length = 4 + decades / most_decades * (width - label_width - 80);
      const bool is_ours = bar.candidate.starts_with("here");
      body += text(label_width - 8, y + 14, " text-anchor=\"end\"", bar.candidate);
      body += "<rect x=" + at(label_width) + " y=" + at(y) + " width=" + at(length) +
              " height=" + at(bar_height) + " fill=\"" + (is_ours ? "#2f6f9f" : "#9aa5ad") +
              "\"/>\n";
      body += text(label_width + length + 6, y + 14, "", number(bar.ratio, "%.1f") + " x");
      y += line_height;
    }
  }
  std::ofstream{file} << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=" << at(width)
                      << " height=" << at(y + 10)
                      << " font-family=\"sans-serif\" font-size=\"13\" fill=\"#24292f\">\n"
                      << "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
                      << body << "</svg>\n";
}

} // namespace nexus::llm::bench
