// SPDX-License-Identifier: BSD-3-Clause
#include "actors/ollama_client/surrogates.hpp"

#include <charconv>
#include <optional>
#include <utility>

#include "config/utf8.hpp"

namespace nexus::llm::surrogates {

namespace {

/// A half 0xD800 to 0xDFFF is represented by this plus its value, in the second private-use plane.
constexpr char32_t private_plane = 0x100000;
/// The UTF-8 form of such a character: 0xF4 0x8D, then 0xA0 to 0xBF, then any continuation byte.
constexpr std::string_view marked_prefix = "\xF4\x8D";
constexpr std::size_t marked_bytes = 4;

constexpr bool is_high(char32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
constexpr bool is_low(char32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

/// The code unit of an escape `\uXXXX` that begins here.
std::optional<char32_t> escaped_unit(std::string_view text) {
  constexpr std::size_t size = 6;
  if (text.size() < size || !text.starts_with("\\u"))
    return std::nullopt;
  std::uint16_t unit = 0;
  const auto* end = text.data() + size;
  if (std::from_chars(text.data() + 2, end, unit, 16).ptr != end)
    return std::nullopt;
  return unit;
}

/// The half that a private-use character at the beginning of `text` represents, or 0.
char32_t marked_half(std::string_view text) {
  if (text.size() < marked_bytes || !text.starts_with(marked_prefix))
    return 0;
  const auto third = static_cast<unsigned char>(text[2]);
  const auto fourth = static_cast<unsigned char>(text[3]);
  if (third < 0xA0)
    return 0;
  return 0xD000u | (static_cast<char32_t>(third & 0x3F) << 6) | (fourth & 0x3F);
}

} // namespace

std::string mark_halves(std::string_view json) {
  std::string result;
  result.reserve(json.size() + 16);
  while (!json.empty()) {
    if (json.front() != '\\') {
      const auto next = json.find('\\');
      result.append(json.substr(0, next));
      json.remove_prefix(std::min(next, json.size()));
      continue;
    }
    const auto unit = escaped_unit(json);
    if (!unit) {
      // The escaped character may be a backslash, which begins no other escape.
      result.append(json.substr(0, 2));
      json.remove_prefix(std::min<std::size_t>(2, json.size()));
      continue;
    }
    constexpr std::size_t escape = 6;
    if (is_high(*unit))
      if (const auto next = escaped_unit(json.substr(escape)); next && is_low(*next)) {
        result.append(json.substr(0, 2 * escape));
        json.remove_prefix(2 * escape);
        continue;
      }
    if (is_high(*unit) || is_low(*unit))
      append_utf8(result, private_plane + *unit);
    else
      result.append(json.substr(0, escape));
    json.remove_prefix(escape);
  }
  return result;
}

std::string Joiner::take(std::string_view piece, bool marked) {
  if (!marked && high_ == 0)
    return std::string{piece};
  std::string result;
  while (!piece.empty()) {
    const auto half = marked ? marked_half(piece) : 0;
    if (half == 0 || is_high(half))
      result += finish();
    if (half == 0) {
      const auto next = marked ? piece.find(marked_prefix, 1) : std::string_view::npos;
      result.append(piece.substr(0, next));
      piece.remove_prefix(std::min(next, piece.size()));
      continue;
    }
    if (is_high(half))
      high_ = half;
    else if (high_ != 0)
      append_utf8(result, 0x10000 + ((std::exchange(high_, 0) - 0xD800) << 10) + (half - 0xDC00));
    else
      result += replacement_character;
    piece.remove_prefix(marked_bytes);
  }
  return result;
}

std::string Joiner::finish() {
  return std::exchange(high_, 0) == 0 ? std::string{} : std::string{replacement_character};
}

} // namespace nexus::llm::surrogates
