// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/format.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "runtime/cli/terminal/text_width.hpp"

namespace nexus::llm::cli {

std::string format_number(double number, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, number);
  return text.data();
}

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> units{"B", "KB", "MB", "GB", "TB"};
  auto amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; amount >= 1000 && unit + 1 < units.size(); ++unit)
    amount /= 1000;
  const bool whole = unit == 0 || amount >= 100;
  return format_number(amount, whole ? 0 : 1) + " " + std::string{units[unit]};
}

std::string format_duration(std::chrono::nanoseconds duration) {
  const auto amount = static_cast<double>(duration.count());
  if (amount >= 60e9) {
    const auto minutes = duration.count() / 60'000'000'000;
    return std::to_string(minutes) + "m" +
           format_number((amount - static_cast<double>(minutes) * 60e9) / 1e9, 1) + "s";
  }
  if (amount >= 1e9)
    return format_number(amount / 1e9, 3) + "s";
  if (amount >= 1e6)
    return format_number(amount / 1e6, 1) + "ms";
  return format_number(amount / 1e3, 1) + "µs";
}

std::string format_coarse(std::chrono::seconds duration) {
  const auto all = std::max<std::chrono::seconds::rep>(0, duration.count());
  const auto pair = [](auto first, char unit, auto second, char smaller) {
    return std::to_string(first) + unit + (second < 10 ? "0" : "") + std::to_string(second) +
           smaller;
  };
  if (all < 60)
    return std::to_string(all) + "s";
  if (all < 3600)
    return pair(all / 60, 'm', all % 60, 's');
  if (all < 86400)
    return pair(all / 3600, 'h', all % 3600 / 60, 'm');
  return pair(all / 86400, 'd', all % 86400 / 3600, 'h');
}

std::string shell_word(const std::string& word) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos)
    return word;
  std::string text = "'";
  for (const char letter : word)
    text += letter == '\'' ? std::string{"'\\''"} : std::string(1, letter);
  return text + "'";
}

std::string format_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows)
    for (std::size_t column = 0; column < row.size(); ++column) {
      if (column == widths.size())
        widths.push_back(0);
      widths[column] = std::max(widths[column], width_of(row[column]));
    }
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t column = 0; column < row.size(); ++column) {
      text += row[column];
      if (column + 1 < row.size())
        text.append(widths[column] - width_of(row[column]) + 2, ' ');
    }
    text += '\n';
  }
  return text;
}

} // namespace nexus::llm::cli
