// SPDX-License-Identifier: BSD-3-Clause
#include "config/suggestion.hpp"

#include <algorithm>
#include <limits>
#include <vector>

namespace nexus::llm {

namespace {

/// Bounds the work for a text that was no word at all.
constexpr std::size_t longest_word = 256;
/// A shorter word begins too much by chance.
constexpr std::size_t shortest_beginning = 3;

char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool begins_with(std::string_view text, std::string_view beginning) {
  return text.size() > beginning.size() &&
         std::ranges::equal(text.substr(0, beginning.size()), beginning, {}, folded, folded);
}

/// A third of a word may be wrong, and one character of a short one.
std::size_t most_edits(std::string_view word) { return std::max<std::size_t>(1, word.size() / 3); }

} // namespace

std::size_t edit_distance(std::string_view left, std::string_view right) {
  // Rows of the table of distances between the beginnings of both words; two back for exchanges.
  std::vector<std::size_t> before_last(right.size() + 1);
  std::vector<std::size_t> last(right.size() + 1);
  std::vector<std::size_t> row(right.size() + 1);
  for (std::size_t j = 0; j <= right.size(); ++j)
    row[j] = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const auto a = folded(left[i - 1]);
      const auto b = folded(right[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a == b ? 0 : 1)});
      if (i > 1 && j > 1 && a == folded(right[j - 2]) && folded(left[i - 2]) == b)
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[right.size()];
}

std::string nearest(std::string_view word, std::span<const std::string> candidates) {
  if (word.empty() || word.size() > longest_word)
    return {};
  const std::string* best = nullptr;
  auto least = std::numeric_limits<std::size_t>::max();
  for (const auto& candidate : candidates)
    if (candidate.size() <= longest_word)
      if (const auto distance = edit_distance(word, candidate); distance < least) {
        least = distance;
        best = &candidate;
      }
  // A single character has everything within one edit.
  if (best != nullptr && least <= most_edits(word) && least < word.size())
    return *best;
  if (word.size() < shortest_beginning)
    return {};
  const auto begun = [word](const std::string& candidate) { return begins_with(candidate, word); };
  const auto found = std::ranges::find_if(candidates, begun);
  return found != candidates.end() && std::ranges::count_if(candidates, begun) == 1 ? *found
                                                                                    : std::string{};
}

std::string is_no(std::string_view kind, std::string_view word,
                  std::string_view nearest_candidate) {
  auto text = "`" + std::string{word} + "` is no " + std::string{kind};
  if (!nearest_candidate.empty())
    text += "; the nearest is `" + std::string{nearest_candidate} + "`";
  return text;
}

} // namespace nexus::llm
