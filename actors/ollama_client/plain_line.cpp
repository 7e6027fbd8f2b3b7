// SPDX-License-Identifier: BSD-3-Clause
#include "actors/ollama_client/plain_line.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "config/utf8.hpp"

namespace nexus::llm {

namespace {

/// Takes a literal off the front. Its size is known to the compiler, which makes the comparison
/// cheap.
template <std::size_t Size> bool skip(std::string_view& rest, const char (&literal)[Size]) {
  constexpr auto size = Size - 1;
  if (rest.size() < size || std::memcmp(rest.data(), literal, size) != 0)
    return false;
  rest.remove_prefix(size);
  return true;
}

bool is_simple(char c) { return c >= ' ' && c <= '~' && c != '\\'; }

/// Whether a text is printable ASCII without a backslash. Looks at eight characters at a time,
/// since the time stamp makes up a third of a line.
bool is_simple(std::string_view text) {
  constexpr auto each = [](unsigned char c) { return 0x0101010101010101U * c; };
  for (; text.size() >= sizeof(std::uint64_t); text.remove_prefix(sizeof(std::uint64_t))) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), sizeof word);
    // The high bit of a byte gets set if the byte is beyond ASCII, below the space, a backslash or
    // DEL: a subtraction from a smaller byte wraps around.
    const auto odd = word | (word - each(' ')) | ((word ^ each('\\')) - each(1)) |
                     ((word ^ each('\x7f')) - each(1));
    if ((odd & each(0x80)) != 0)
      return false;
  }
  return std::ranges::all_of(text, [](char c) { return is_simple(c); });
}

/// Takes a string without escapes, of printable ASCII, off the front, with its closing quote.
std::optional<std::string_view> take_simple_string(std::string_view& rest) {
  const auto text = rest.substr(0, rest.find('"'));
  if (text.size() == rest.size() || !is_simple(text))
    return std::nullopt;
  rest.remove_prefix(text.size() + 1);
  return text;
}

/// Returns the character that a simple escape stands for; NUL if it is none.
char simple_escape(char letter) {
  switch (letter) {
  case 'n':
    return '\n';
  case 't':
    return '\t';
  case 'r':
    return '\r';
  case 'b':
    return '\b';
  case 'f':
    return '\f';
  case '"':
  case '\\':
  case '/':
    return letter;
  default:
    return '\0';
  }
}

/// Returns the ASCII character of an escape like `u003c`, which Ollama writes for `<`, `>` and `&`;
/// NUL for any other.
char ascii_escape(std::string_view escape) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  if (escape.size() < 5 || !escape.starts_with("u00"))
    return '\0';
  const int high = digit(escape[3]);
  const int low = digit(escape[4]);
  return high >= 0 && high < 8 && low >= 0 ? static_cast<char>(high * 16 + low) : '\0';
}

/// Takes the text of a piece off the front, with its closing quote.
std::optional<std::string_view> take_text(std::string_view& rest) {
  bool ascii = true;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const char c = rest[i];
    if (c == '"') {
      const auto text = rest.substr(0, i);
      if (!ascii && !is_valid_utf8(text))
        return std::nullopt;
      rest.remove_prefix(i + 1);
      return text;
    }
    if (static_cast<unsigned char>(c) >= 0x80) {
      ascii = false;
    } else if (c == '\\') {
      const auto escape = rest.substr(i + 1, 5);
      if (!escape.empty() && simple_escape(escape.front()) != '\0')
        i += 1;
      else if (ascii_escape(escape) != '\0')
        i += 5;
      else
        return std::nullopt;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

} // namespace

std::optional<PlainLine> find_plain_line(std::string_view line, RequestKind kind) {
  const bool chat = kind == RequestKind::chat;
  if (!skip(line, R"({"model":")"))
    return std::nullopt;
  const auto model = take_simple_string(line);
  if (!model || !skip(line, R"(,"created_at":")") || !take_simple_string(line))
    return std::nullopt;
  if (chat ? !skip(line, R"(,"message":{"role":"assistant","content":")")
           : !skip(line, R"(,"response":")"))
    return std::nullopt;
  const auto text = take_text(line);
  if (!text || line != (chat ? R"(},"done":false})" : R"(,"done":false})"))
    return std::nullopt;
  return PlainLine{*model, *text};
}

void append_unescaped(std::string& text, std::string_view escaped) {
  for (auto at = escaped.find('\\'); at != std::string_view::npos; at = escaped.find('\\')) {
    text.append(escaped.substr(0, at));
    const char letter = escaped[at + 1];
    text += letter == 'u' ? ascii_escape(escaped.substr(at + 1)) : simple_escape(letter);
    escaped.remove_prefix(at + (letter == 'u' ? 6 : 2));
  }
  text.append(escaped);
}

} // namespace nexus::llm
