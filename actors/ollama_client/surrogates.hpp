#pragma once

#include <string>
#include <string_view>

/// Servers that cut their answers without regard to UTF-16 write the two halves of a character,
/// such as an emoji, as escapes in two chunks (`"\ud83d"`, then `"\ude00"`). No UTF-8 text can hold
/// one half, so a half travels as a private character until its other half has come.
namespace nexus::llm::surrogates {

/// JSON text in which each escape of a half whose other half does not follow stands for its
/// private character.
[[nodiscard]] std::string mark_halves(std::string_view json);

/// Puts halves together over the pieces of one text. A half that stays alone becomes U+FFFD. One
/// thread.
class Joiner {
public:
  /// The next piece, without a half at its end, which is kept back. `marked` says that the piece
  /// went through `mark_halves`; in others private characters are left alone.
  [[nodiscard]] std::string take(std::string_view piece, bool marked);

  /// What was kept back, at the end of the text.
  [[nodiscard]] std::string finish();

private:
  char32_t high_ = 0; ///< the half that was kept back, or 0
};

} // namespace nexus::llm::surrogates
