// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/harness/report.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace nexus::llm::testing {

namespace {

constexpr std::size_t left_width = 52;
constexpr std::size_t right_width = 76;
/// Limits the report to the latest matches.
constexpr std::size_t most_met = 20;

/// Splits a text into lines of at most `width` bytes, never within a character.
std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    auto end = std::min(begin + width, text.size());
    while (end < text.size() && end > begin + 1 &&
           (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
      --end;
    lines.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  if (lines.empty())
    lines.emplace_back();
  return lines;
}

/// Returns the width of a text, assuming one column per character.
std::size_t columns(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }));
}

void row(std::string& out, char mark, const std::string& left, const std::string& right) {
  const auto lefts = wrapped(left, left_width);
  const auto rights = wrapped(right, right_width);
  for (std::size_t i = 0; i < std::max(lefts.size(), rights.size()); ++i) {
    const auto cell = i < lefts.size() ? lefts[i] : std::string{};
    const auto other = i < rights.size() ? rights[i] : std::string{};
    out += std::string{' ', i == 0 ? mark : ' ', ' '} + cell;
    out += std::string(left_width - std::min(columns(cell), left_width), ' ') + " |";
    out += (other.empty() ? "" : " ") + other + "\n";
  }
}

std::string actual_text(const Track::Item& item) { return time_text(item.time) + " " + item.text; }

} // namespace

std::string time_text(std::chrono::nanoseconds time) {
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "+%lld.%03lld s", static_cast<long long>(millis / 1000),
                static_cast<long long>(millis % 1000));
  return text.data();
}

std::string report(const Mismatch& mismatch) {
  std::string out = mismatch.where.text() + ": " + mismatch.what + " [virtual time " +
                    time_text(mismatch.at) + "]\n";
  if (mismatch.track == nullptr)
    return out;
  const auto& track = *mismatch.track;
  out += "\n";
  row(out, ' ', "expected of " + track.name, "actual");
  row(out, ' ', std::string(left_width, '-'), std::string(right_width, '-'));
  const auto skipped = track.met.size() > most_met ? track.met.size() - most_met : 0;
  if (skipped > 0)
    row(out, ' ', "(" + std::to_string(skipped) + " that fitted)", "");
  for (auto i = skipped; i < track.met.size(); ++i) {
    const auto& met = track.met[i];
    row(out, '=', ":" + std::to_string(met.where.line) + " " + met.expected,
        actual_text(met.actual));
  }
  const auto rest = std::max(mismatch.expected.size(), track.unread.size());
  for (std::size_t i = 0; i < rest; ++i) {
    const bool wanted = i < mismatch.expected.size();
    const bool came = i < track.unread.size();
    row(out,
        wanted && came ? '!'
        : wanted       ? '-'
                       : '+',
        wanted ? ":" + std::to_string(mismatch.where.line) + " " + mismatch.expected[i]
               : "(nothing more)",
        came ? actual_text(track.unread[i]) : "(nothing)");
  }
  return out;
}

} // namespace nexus::llm::testing
