// SPDX-License-Identifier: BSD-3-Clause
#include "tests/mutate/source.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <stdexcept>

namespace nexus::mutate {

namespace {

constexpr std::array<std::string_view, 25> long_marks{
    "<=>", "<<=", ">>=", "->*", "...", "::", "->", "++", "--", "<<", ">>", "<=", ">=",
    "==",  "!=",  "&&",  "||",  "+=",  "-=", "*=", "/=", "%=", "&=", "|=", "^="};

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool is_letter(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

/// Where what begins at `at` ends.
class Scanner {
public:
  explicit Scanner(std::string_view text) : text_{text} {}

  [[nodiscard]] std::size_t after(std::string_view mark, std::size_t at) const {
    const auto found = text_.find(mark, at);
    return found == std::string_view::npos ? text_.size() : found + mark.size();
  }
  [[nodiscard]] std::size_t directive(std::size_t at) const {
    auto end = after("\n", at);
    while (end >= 2 && end < text_.size() && text_[end - 2] == '\\')
      end = after("\n", end);
    return end;
  }
  [[nodiscard]] std::size_t quoted(std::size_t at) const {
    const char quote = text_[at++];
    while (at < text_.size() && text_[at] != quote)
      at += text_[at] == '\\' ? 2 : 1;
    return std::min(at + 1, text_.size());
  }
  [[nodiscard]] std::size_t raw(std::size_t at) const {
    const auto open = text_.find('(', at);
    const auto mark = ")" + std::string{text_.substr(at + 2, open - at - 2)} + "\"";
    return after(mark, open);
  }
  [[nodiscard]] std::size_t number(std::size_t at) const {
    while (at < text_.size() && (is_letter(text_[at]) || text_[at] == '.' || text_[at] == '\''))
      ++at;
    return at;
  }
  [[nodiscard]] std::size_t word(std::size_t at) const {
    while (at < text_.size() && is_letter(text_[at]))
      ++at;
    return at;
  }
  [[nodiscard]] std::size_t mark(std::size_t at) const {
    for (const auto& each : long_marks)
      if (text_.substr(at).starts_with(each))
        return at + each.size();
    return at + 1;
  }

private:
  std::string_view text_;
};

} // namespace

Source::Source(std::string_view text) : text_{text} {
  const Scanner scan{text};
  std::size_t line = 1;
  bool begins_line = true;
  for (std::size_t at = 0, end = 0; at < text.size(); at = end) {
    const auto rest = text.substr(at);
    std::optional<Token::Kind> kind;
    if (is_space(rest.front()))
      end = at + 1;
    else if (rest.starts_with("//"))
      end = scan.after("\n", at);
    else if (rest.starts_with("/*"))
      end = scan.after("*/", at);
    else if (rest.front() == '#' && begins_line)
      end = scan.directive(at);
    else if (rest.starts_with("R\""))
      kind = Token::Kind::text, end = scan.raw(at);
    else if (rest.front() == '"' || rest.front() == '\'')
      kind = Token::Kind::text, end = scan.quoted(at);
    else if (is_digit(rest.front()))
      kind = Token::Kind::number, end = scan.number(at);
    else if (is_letter(rest.front()))
      kind = Token::Kind::word, end = scan.word(at);
    else
      kind = Token::Kind::mark, end = scan.mark(at);
    if (kind)
      tokens_.push_back({*kind, text.substr(at, end - at), at, line});
    const auto passed = text.substr(at, end - at);
    line += static_cast<std::size_t>(std::count(passed.begin(), passed.end(), '\n'));
    begins_line = passed.ends_with('\n') || (begins_line && !kind);
  }
  partners_.assign(tokens_.size(), none);
  std::vector<std::size_t> open;
  for (std::size_t at = 0; at < tokens_.size(); ++at) {
    if (is(at, "(") || is(at, "[") || is(at, "{"))
      open.push_back(at);
    else if ((is(at, ")") || is(at, "]") || is(at, "}")) && !open.empty()) {
      partners_[open.back()] = at;
      open.pop_back();
    }
  }
}

std::size_t Source::partner(std::size_t at) const {
  if (partners_.at(at) == none)
    throw std::runtime_error("a bracket in line " + std::to_string(tokens_[at].line) +
                             " has no partner");
  return partners_[at];
}

bool Source::is_spaced(std::size_t at) const {
  const auto& token = tokens_.at(at);
  return token.begin > 0 && token.end() < text_.size() && is_space(text_[token.begin - 1]) &&
         is_space(text_[token.end()]);
}

std::string Source::joined(std::size_t first, std::size_t last, std::size_t at,
                           std::string_view instead) const {
  std::string out;
  for (auto each = first; each < last; ++each) {
    if (each > first && tokens_[each].begin > tokens_[each - 1].end())
      out += ' ';
    out += each == at ? instead : tokens_[each].text;
  }
  return out;
}

std::size_t Source::column_of(std::size_t at) const {
  const auto place = tokens_.at(at).begin;
  const auto before = text_.rfind('\n', place);
  return before == std::string_view::npos ? place + 1 : place - before;
}

std::string_view Source::line_of(std::size_t at) const {
  const auto place = tokens_.at(at).begin;
  const auto before = text_.rfind('\n', place);
  const auto begin = before == std::string_view::npos ? 0 : before + 1;
  auto line = text_.substr(begin, text_.find('\n', place) - begin);
  while (!line.empty() && is_space(line.front()))
    line.remove_prefix(1);
  return line;
}

} // namespace nexus::mutate
