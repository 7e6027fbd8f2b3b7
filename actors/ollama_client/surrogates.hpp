// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

/// Servers that split their output without regard to UTF-16 send the two surrogate halves of a
/// character, such as an emoji, as escapes in two chunks (`"\ud83d"`, then `"\ude00"`). UTF-8
/// cannot hold one half, so a half is represented by a private-use character until its other half
/// arrives.
namespace nexus::llm::surrogates {

/// Replaces each escape of a half whose other half does not follow by its private-use character.
[[nodiscard]] std::string mark_halves(std::string_view json);

/// Joins halves across the chunks of one text. A half that stays alone becomes U+FFFD. Not
/// thread-safe.
class Joiner {
public:
  /// Takes the next chunk, and returns it without a half at its end, which is kept. `marked` says
  /// that the chunk went through `mark_halves`; otherwise private-use characters are left alone.
  [[nodiscard]] std::string take(std::string_view piece, bool marked);

  /// Whether nothing is kept: then `take` returns a chunk that is not marked as it is.
  [[nodiscard]] bool idle() const noexcept { return high_ == 0; }

  /// Returns what was kept, at the end of the text.
  [[nodiscard]] std::string finish();

private:
  char32_t high_ = 0; ///< the half that was kept, or 0
};

} // namespace nexus::llm::surrogates
