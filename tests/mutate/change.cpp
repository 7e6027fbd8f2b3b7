// SPDX-License-Identifier: BSD-3-Clause
#include "tests/mutate/change.hpp"

#include <cctype>
#include <map>

#include "tests/mutate/grammar.hpp"

namespace nexus::mutate {

namespace {

using Kind = Token::Kind;

/// What an operator between two operands becomes.
std::string_view other_operator(std::string_view mark) {
  static const std::map<std::string_view, std::string_view> others{
      {"<", "<="},  {"<=", "<"},  {">", ">="},  {">=", ">"},  {"==", "!="}, {"!=", "=="},
      {"&&", "||"}, {"||", "&&"}, {"+", "-"},   {"-", "+"},   {"*", "/"},   {"/", "*"},
      {"%", "/"},   {"+=", "-="}, {"-=", "+="}, {"*=", "/="}, {"/=", "*="}, {"|=", "&="},
  };
  const auto found = others.find(mark);
  return found == others.end() ? std::string_view{} : found->second;
}

std::string_view other_word(std::string_view word) {
  static const std::map<std::string_view, std::string_view> others{
      {"true", "false"},
      {"false", "true"},
      {"min", "max"},
      {"max", "min"},
      {"any_of", "all_of"},
      {"all_of", "any_of"},
      {"none_of", "any_of"},
      {"ceil", "floor"},
      {"find_first_of", "find_last_of"},
      {"front", "back"},
      {"back", "front"},
      {"starts_with", "ends_with"},
      {"ends_with", "starts_with"},
  };
  const auto found = others.find(word);
  return found == others.end() ? std::string_view{} : found->second;
}

/// One more, and 0 instead of 1.
std::string other_number(std::string_view number) {
  if (number == "1")
    return "0";
  if (number.starts_with("0x"))
    return "(" + std::string{number} + " + 1)";
  std::string digits;
  std::size_t at = 0;
  for (; at < number.size() &&
         (std::isdigit(static_cast<unsigned char>(number[at])) != 0 || number[at] == '\'');
       ++at)
    if (number[at] != '\'')
      digits += number[at];
  return digits.size() > 9
             ? std::string{}
             : std::to_string(std::stoul(digits) + 1) + std::string{number.substr(at)};
}

/// Whoever reserves memory changes nothing that a test could see.
bool reserves_memory(const Source& source, std::size_t first, std::size_t last) {
  for (auto at = first; at < last; ++at)
    if (is_one_of(source[at].text, {"reserve", "Reserve"}))
      return true;
  return false;
}

} // namespace

std::vector<Change> changes_in(const Source& source, std::size_t first, std::size_t last) {
  std::vector<Change> out;
  if (reserves_memory(source, first, last))
    return out;
  for (auto at = first; at < last; ++at) {
    if (const auto body = lambda_body(source, at, last)) {
      at = source.partner(*body);
      continue;
    }
    const auto& token = source[at];
    std::string instead;
    if (token.kind == Kind::number)
      instead = other_number(token.text);
    else if (token.kind == Kind::word)
      instead = other_word(token.text);
    else if (token.text == "++" || token.text == "--")
      instead = token.text == "++" ? "--" : "++";
    else if (token.text == "!")
      out.push_back({at, "", "`!` left out"});
    else if (token.kind == Kind::mark && source.is_spaced(at))
      instead = other_operator(token.text);
    if (!instead.empty())
      out.push_back({at, instead, "`" + std::string{token.text} + "` became `" + instead + "`"});
  }
  return out;
}

Change deletion() { return {Source::none, "", "left out"}; }

bool may_be_left_out(const Source& source, std::size_t first, std::size_t last) {
  return !source.is(first, "throw") && !reserves_memory(source, first, last);
}

} // namespace nexus::mutate
