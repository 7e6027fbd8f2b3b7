// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/key_decoder.hpp"

#include <algorithm>
#include <utility>

#include "config/utf8.hpp"

namespace nexus::llm::cli {

namespace {

using Kind = Key::Kind;

constexpr char escape = '\033';
/// Ctrl-X, which begins a key of two.
constexpr char prefix = '\x18';
constexpr std::string_view paste_begin = "\033[200~";
constexpr std::string_view paste_end = "\033[201~";
constexpr std::string_view replacement = "\xEF\xBF\xBD";
/// Maximum length of an escape sequence.
constexpr std::size_t longest_sequence = 32;

/// Returns the length of a character with this first byte; 0 if no character starts with it.
std::size_t announced_bytes(char first) {
  const auto byte = static_cast<unsigned char>(first);
  if (byte < 0x80)
    return 1;
  if (byte >= 0xC2 && byte < 0xE0)
    return 2;
  if (byte >= 0xE0 && byte < 0xF0)
    return 3;
  return byte >= 0xF0 && byte < 0xF5 ? 4 : 0;
}

/// Appends the first character of `bytes`, or the replacement character for an invalid byte.
/// Returns the number of consumed bytes; 0 if the character is incomplete.
std::size_t add_character(std::string& text, std::string_view bytes) {
  const auto size = announced_bytes(bytes.front());
  const auto character = bytes.substr(0, size);
  if (size > bytes.size() && std::all_of(bytes.begin() + 1, bytes.end(), [](char byte) {
        return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
      }))
    return 0;
  if (size == 0 || size > bytes.size() || (size > 1 && !is_valid_utf8(character))) {
    text += replacement;
    return 1;
  }
  text += character;
  return size;
}

Kind control_key(char byte) {
  constexpr auto ctrl = [](char letter) { return static_cast<char>(letter & 0x1F); };
  switch (byte) {
  case '\r':
  case '\n':
    return Kind::enter;
  case 0x7F:
  case ctrl('H'):
    return Kind::backspace;
  case ctrl('A'):
    return Kind::home;
  case ctrl('B'):
    return Kind::left;
  case ctrl('D'):
    return Kind::remove;
  case ctrl('E'):
    return Kind::end;
  case ctrl('F'):
    return Kind::right;
  case ctrl('G'):
    return Kind::cancel;
  case ctrl('I'):
    return Kind::complete;
  case ctrl('K'):
    return Kind::erase_to_end;
  case ctrl('L'):
    return Kind::clear_screen;
  case ctrl('N'):
    return Kind::down;
  case ctrl('P'):
    return Kind::up;
  case ctrl('R'):
    return Kind::search;
  case ctrl('U'):
    return Kind::erase_to_begin;
  case ctrl('W'):
    return Kind::erase_word_left;
  case ctrl('Y'):
    return Kind::yank;
  default:
    return Kind::unknown;
  }
}

Kind alt_key(char byte) {
  switch (byte) {
  case '\r':
  case '\n':
    return Kind::newline;
  case 'b':
    return Kind::word_left;
  case 'f':
    return Kind::word_right;
  case 'd':
    return Kind::erase_word_right;
  case 0x7F:
  case 0x08:
    return Kind::erase_word_left;
  default:
    return Kind::unknown;
  }
}

/// Returns the key for `ESC [ parameters final`.
Kind sequence_key(std::string_view parameters, char final) {
  // For example, 1;5 for a key with Ctrl.
  const bool modified = parameters.find(';') != std::string_view::npos;
  const auto number = parameters.substr(0, parameters.find(';'));
  switch (final) {
  case 'A':
    return Kind::up;
  case 'B':
    return Kind::down;
  case 'C':
    return modified ? Kind::word_right : Kind::right;
  case 'D':
    return modified ? Kind::word_left : Kind::left;
  case 'H':
    return Kind::home;
  case 'F':
    return Kind::end;
  case '~':
    if (number == "1" || number == "7")
      return Kind::home;
    if (number == "4" || number == "8")
      return Kind::end;
    return number == "3" ? Kind::erase : Kind::unknown;
  default:
    return Kind::unknown;
  }
}

/// Converts a pasted text: line ends become `\n`, invalid bytes the replacement character.
std::string clean_paste(std::string_view pasted) {
  std::string text;
  text.reserve(pasted.size());
  while (!pasted.empty()) {
    const char first = pasted.front();
    std::size_t size = 1;
    if (first == '\r') {
      text += '\n';
      size = pasted.starts_with("\r\n") ? 2 : 1;
    } else if (static_cast<unsigned char>(first) < 0x80) {
      if (first != '\0')
        text += first;
    } else {
      size = add_character(text, pasted);
      if (size == 0) { // truncated
        text += replacement;
        size = pasted.size();
      }
    }
    pasted.remove_prefix(size);
  }
  return text;
}

} // namespace

std::optional<Key> KeyDecoder::next() {
  if (waiting_.empty())
    return std::nullopt;
  if (waiting_.front() == escape)
    return take_escape();
  if (!is_control(waiting_.front()))
    return take_text();
  if (waiting_.front() == prefix) {
    if (waiting_.size() < 2)
      return std::nullopt;
    const Key key{waiting_[1] == '\x05' ? Kind::edit : Kind::unknown, {}};
    waiting_.erase(0, 2);
    return key;
  }
  const Key key{control_key(waiting_.front()), {}};
  waiting_.erase(0, 1);
  return key;
}

std::optional<Key> KeyDecoder::take_escape() {
  if (waiting_.starts_with(paste_begin))
    return take_paste();
  if (waiting_.size() == 1)
    return std::nullopt;
  const auto take = [this](std::size_t bytes, Kind kind) {
    waiting_.erase(0, bytes);
    return Key{kind, {}};
  };
  const char second = waiting_[1];
  if (second == escape) // the Escape key, followed by another sequence
    return take(1, Kind::unknown);
  if (second != '[' && second != 'O')
    return take(2, alt_key(second));
  // Function keys of the Linux console: `ESC [ [ A`.
  if (waiting_.starts_with("\033[["))
    return waiting_.size() > 3 ? std::optional{take(4, Kind::unknown)} : std::nullopt;
  for (std::size_t at = 2; at < waiting_.size() && at < longest_sequence; ++at) {
    const char byte = waiting_[at];
    if (byte >= 0x40 && byte <= 0x7E)
      return take(at + 1, sequence_key(std::string_view{waiting_}.substr(2, at - 2), byte));
    if (byte < 0x20)
      return take(at, Kind::unknown);
  }
  if (waiting_.size() >= longest_sequence)
    return take(longest_sequence, Kind::unknown);
  return std::nullopt;
}

std::optional<Key> KeyDecoder::take_paste() {
  const auto from = std::max(searched_, paste_begin.size());
  const auto end = waiting_.find(paste_end, from);
  if (end == std::string::npos) {
    searched_ = waiting_.size() < paste_end.size() ? 0 : waiting_.size() - paste_end.size();
    return std::nullopt;
  }
  searched_ = 0;
  Key key{Kind::paste, clean_paste(std::string_view{waiting_}.substr(paste_begin.size(),
                                                                     end - paste_begin.size()))};
  waiting_.erase(0, end + paste_end.size());
  return key;
}

std::optional<Key> KeyDecoder::take_text() {
  Key key{Kind::text, {}};
  std::size_t taken = 0;
  while (taken < waiting_.size() && !is_control(waiting_[taken])) {
    const auto size = add_character(key.text, std::string_view{waiting_}.substr(taken));
    if (size == 0)
      break;
    taken += size;
  }
  waiting_.erase(0, taken);
  if (key.text.empty())
    return std::nullopt;
  return key;
}

} // namespace nexus::llm::cli
