// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nexus::llm::cli {

/// Whether a byte is an ASCII control character.
[[nodiscard]] constexpr bool is_control(char byte) noexcept {
  return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F;
}

/// A key press, or another input event of the terminal.
struct Key {
  enum class Kind : std::uint8_t {
    text,  ///< typed characters
    paste, ///< pasted characters, line ends as `\n`
    enter,
    newline, ///< a line end within the text (Alt-Enter)
    left,
    right,
    word_left,
    word_right,
    home,
    end,
    up,
    down,
    backspace,
    remove, ///< the character at the cursor, or the end of input (Ctrl-D)
    erase,  ///< the character at the cursor (Delete)
    erase_word_left,
    erase_word_right,
    erase_to_begin,
    erase_to_end,
    yank,
    clear_screen,
    search,   ///< backwards through earlier texts (Ctrl-R)
    cancel,   ///< ends a search (Ctrl-G)
    complete, ///< Tab
    edit,     ///< in an editor of its own (Ctrl-X Ctrl-E)
    unknown,
  };
  Kind kind = Kind::unknown;
  std::string text; ///< for `text` and `paste`: valid UTF-8 without NUL

  bool operator==(const Key&) const = default;
};

/// Decodes the bytes of a terminal in raw mode into keys: control characters, the escape sequences
/// of xterm and similar terminals, and bracketed paste. Input may be split at any byte. Not
/// thread-safe.
class KeyDecoder {
public:
  /// Adds bytes read from the terminal.
  void feed(std::string_view bytes) { waiting_ += bytes; }
  /// Returns the next complete key; combines text that was read at once.
  [[nodiscard]] std::optional<Key> next();
  /// Drops all pending input.
  void clear() {
    waiting_.clear();
    searched_ = 0;
  }

private:
  [[nodiscard]] std::optional<Key> take_escape();
  [[nodiscard]] std::optional<Key> take_paste();
  [[nodiscard]] std::optional<Key> take_text();

  std::string waiting_;
  std::size_t searched_ = 0; ///< where to continue the search for the end of a paste
};

} // namespace nexus::llm::cli
