// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/text_width.hpp"

#include <utf8proc.h>

#include <algorithm>

namespace nexus::llm::cli {

namespace {

struct Decoded {
  utf8proc_int32_t code = 0xFFFD;
  std::size_t bytes = 1;
};

Decoded decode(std::string_view text, std::size_t at) {
  utf8proc_int32_t code = -1;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at;
  const auto size = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size() - at), &code);
  return size > 0 ? Decoded{code, static_cast<std::size_t>(size)} : Decoded{};
}

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

/// Returns the start of the line. No cluster spans it, so a search need not start at the beginning
/// of the text.
std::size_t begin_of_line(std::string_view text, std::size_t before) {
  const auto end = before == 0 ? std::string_view::npos : text.rfind('\n', before - 1);
  return end == std::string_view::npos ? 0 : end + 1;
}

} // namespace

Character character_at(std::string_view text, std::size_t at) {
  if (at >= text.size())
    return {};
  const auto [code, bytes] = decode(text, at);
  return {bytes, static_cast<std::size_t>(std::max(0, utf8proc_charwidth(code)))};
}

std::size_t width_of(std::string_view text) {
  std::size_t cells = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto character = character_at(text, at);
    cells += character.cells;
    at += character.bytes;
  }
  return cells;
}

std::string_view clip_to_width(std::string_view text, std::size_t cells) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto character = character_at(text, at);
    if (character.cells > cells)
      break;
    cells -= character.cells;
    at += character.bytes;
  }
  return text.substr(0, at);
}

std::size_t end_of_cluster(std::string_view text, std::size_t at) {
  if (at >= text.size())
    return text.size();
  utf8proc_int32_t state = 0;
  auto previous = decode(text, at);
  at += previous.bytes;
  while (at < text.size()) {
    const auto next = decode(text, at);
    if (utf8proc_grapheme_break_stateful(previous.code, next.code, &state))
      break;
    previous = next;
    at += next.bytes;
  }
  return at;
}

std::size_t begin_of_cluster(std::string_view text, std::size_t at) {
  if (at == 0)
    return 0;
  // Fast path: an ASCII character after another one is a separate cluster.
  auto begin = at - 1;
  while (begin > 0 && is_continuation(text[begin]))
    --begin;
  const auto ascii = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]) < 0x80; };
  if (ascii(begin) && (begin == 0 || (ascii(begin - 1) && text[begin - 1] != '\r')))
    return begin;
  begin = begin_of_line(text, begin);
  for (auto end = end_of_cluster(text, begin); end < at; end = end_of_cluster(text, begin))
    begin = end;
  return begin;
}

} // namespace nexus::llm::cli
