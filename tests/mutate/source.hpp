// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::mutate {

/// A piece of C++ as the mutator sees it: no comment, no white space, no line of the preprocessor.
struct Token {
  enum class Kind : unsigned char { word, number, text, mark };
  Kind kind = Kind::mark;
  std::string_view text;
  std::size_t begin = 0; ///< in the source
  std::size_t line = 1;

  [[nodiscard]] std::size_t end() const noexcept { return begin + text.size(); }
};

/// The tokens of a source, with the partner of each bracket. The text must outlive it.
class Source {
public:
  explicit Source(std::string_view text);

  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  [[nodiscard]] std::size_t size() const noexcept { return tokens_.size(); }
  [[nodiscard]] const Token& operator[](std::size_t at) const { return tokens_.at(at); }
  [[nodiscard]] bool is(std::size_t at, std::string_view text) const {
    return at < tokens_.size() && tokens_[at].text == text;
  }
  [[nodiscard]] bool is_word(std::size_t at) const {
    return at < tokens_.size() && tokens_[at].kind == Token::Kind::word;
  }
  /// The closing bracket of an opening one. Throws `std::runtime_error` if there is none.
  [[nodiscard]] std::size_t partner(std::size_t at) const;
  /// Whether white space stands on both sides, as around an operator of two operands.
  [[nodiscard]] bool is_spaced(std::size_t at) const;
  /// The tokens `[first, last)` on one line, where token `at` reads `instead`.
  [[nodiscard]] std::string joined(std::size_t first, std::size_t last, std::size_t at = none,
                                   std::string_view instead = {}) const;
  /// Where the token stands in its line, from 1.
  [[nodiscard]] std::size_t column_of(std::size_t at) const;
  /// The whole line of the source that the token stands in, without its indentation.
  [[nodiscard]] std::string_view line_of(std::size_t at) const;

  static constexpr auto none = static_cast<std::size_t>(-1);

private:
  std::string_view text_;
  std::vector<Token> tokens_;
  std::vector<std::size_t> partners_;
};

} // namespace nexus::mutate
