#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nexus::llm::cli {

/// Whether a byte is a control character of ASCII.
[[nodiscard]] constexpr bool is_control(char byte) noexcept {
  return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F;
}

/// What a key, or the terminal in place of one, says.
struct Key {
  enum class Kind : std::uint8_t {
    text,  ///< characters that were typed
    paste, ///< characters that were pasted at once, line ends as `\n`
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
    unknown,
  };
  Kind kind = Kind::unknown;
  std::string text; ///< of `text` and `paste`: valid UTF-8 without NUL

  bool operator==(const Key&) const = default;
};

/// Turns the bytes of a terminal in raw mode into keys: control characters, the escape sequences of
/// xterm and its likes, and bracketed paste. Bytes may come in any pieces. No thread of its own.
class KeyDecoder {
public:
  /// Takes bytes that were read.
  void feed(std::string_view bytes) { waiting_ += bytes; }
  /// The next whole key; text that was typed at once is one.
  [[nodiscard]] std::optional<Key> next();
  /// Forgets what was fed and not taken.
  void clear() {
    waiting_.clear();
    searched_ = 0;
  }

private:
  [[nodiscard]] std::optional<Key> take_escape();
  [[nodiscard]] std::optional<Key> take_paste();
  [[nodiscard]] std::optional<Key> take_text();

  std::string waiting_;
  std::size_t searched_ = 0; ///< of a paste: its end does not begin before
};

} // namespace nexus::llm::cli
