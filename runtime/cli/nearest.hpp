// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

namespace nexus::llm::cli {

/// Returns how many characters must be inserted, removed or replaced to make one text the other.
/// Ignores the case of ASCII letters.
[[nodiscard]] inline std::size_t edits_between(std::string_view from, std::string_view to) {
  const auto lower = [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  };
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    auto diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < to.size(); ++j) {
      const auto replaced = diagonal + (lower(from[i]) == lower(to[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

/// Returns the name that a mistyped one probably means, or an empty text: at most one edit away,
/// two if the name is longer than four characters.
template <class Names>
[[nodiscard]] std::string_view nearest(std::string_view typed, const Names& names) {
  std::string_view best;
  std::size_t least = 3;
  for (const std::string_view name : names) {
    const auto edits = edits_between(typed, name);
    if (edits < least && edits <= (name.size() > 4 ? 2U : 1U)) {
      least = edits;
      best = name;
    }
  }
  return best;
}

} // namespace nexus::llm::cli
