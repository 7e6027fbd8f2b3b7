// SPDX-License-Identifier: BSD-3-Clause
#include "tests/mutate/grammar.hpp"

#include <algorithm>

namespace nexus::mutate {

namespace {
using Kind = Token::Kind;
} // namespace

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> many) {
  return std::find(many.begin(), many.end(), text) != many.end();
}

std::optional<std::size_t> lambda_body(const Source& source, std::size_t at, std::size_t last) {
  if (!source.is(at, "[") || at == 0)
    return std::nullopt;
  const auto& before = source[at - 1];
  if (before.text == ")" || before.text == "]" || before.kind == Kind::text ||
      (before.kind == Kind::word && before.text != "return"))
    return std::nullopt;
  at = source.partner(at) + 1;
  if (source.is(at, "("))
    at = source.partner(at) + 1;
  while (at < last &&
         (source.is_word(at) || is_one_of(source[at].text, {"->", "::", "<", ">", "*", "&"})))
    ++at;
  return source.is(at, "{") ? std::optional{at} : std::nullopt;
}

std::size_t statement_end(const Source& source, std::size_t at) {
  while (!source.is(at, ";"))
    at = source.is(at, "(") || source.is(at, "[") || source.is(at, "{") ? source.partner(at) + 1
                                                                        : at + 1;
  return at;
}

std::size_t after_angles(const Source& source, std::size_t at) {
  int depth = 0;
  do {
    if (source.is(at, "<"))
      ++depth;
    else if (source.is(at, ">"))
      --depth;
    else if (source.is(at, ">>"))
      depth -= 2;
    ++at;
  } while (depth > 0);
  return at;
}

std::optional<std::size_t> declared(const Source& source, std::size_t first, std::size_t last) {
  if (is_one_of(source[first].text, {"delete", "throw", "co_return", "break", "continue"}))
    return std::nullopt;
  bool is_declaration = is_one_of(
      source[first].text, {"const", "auto", "static", "constexpr", "alignas", "thread_local"});
  for (auto at = first; at < last; ++at) {
    if (source.is(at, "=") && is_declaration)
      return at;
    if (source.is(at, "(") || source.is(at, "{") || source.is(at, "[")) {
      if (!is_declaration)
        return std::nullopt;
      at = source.partner(at);
      continue;
    }
    // Two names upon each other, as in `Type name`.
    const auto& before = source[at > first ? at - 1 : at];
    if (at > first && source.is_word(at) &&
        (before.kind == Kind::word ||
         (is_one_of(before.text, {">", "&", "*", ">>", "&&"}) && !source.is_spaced(at - 1))))
      is_declaration = true;
  }
  return is_declaration ? std::optional{last} : std::nullopt;
}

} // namespace nexus::mutate
