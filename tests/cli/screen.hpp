// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vterm.h>

#include <memory>
#include <string>
#include <string_view>

namespace nexus::llm::cli::test {

/// What a terminal shows of what was written to it, by a terminal that others wrote (libvterm).
class Screen {
public:
  Screen(int columns, int rows)
      : columns_{columns}, rows_{rows}, terminal_{vterm_new(rows, columns)} {
    vterm_set_utf8(terminal_.get(), 1);
    vterm_screen_reset(vterm_obtain_screen(terminal_.get()), 1);
  }

  void feed(std::string_view bytes) {
    vterm_input_write(terminal_.get(), bytes.data(), bytes.size());
  }

  /// A row without the blanks at its end.
  [[nodiscard]] std::string row(int number) const {
    auto* screen = vterm_obtain_screen(terminal_.get());
    std::string text;
    for (int column = 0; column < columns_;) {
      VTermScreenCell cell{};
      vterm_screen_get_cell(screen, {.row = number, .col = column}, &cell);
      if (cell.chars[0] == 0)
        text += ' ';
      for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i] != 0; ++i)
        add(text, cell.chars[i]);
      column += cell.width > 0 ? cell.width : 1;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
  }

  /// All rows, and no blank ones at their end.
  [[nodiscard]] std::string text() const {
    std::string all;
    for (int number = 0; number < rows_; ++number)
      all += row(number) + "\n";
    all.erase(all.find_last_not_of('\n') + 1);
    return all;
  }

  [[nodiscard]] int cursor_row() const { return cursor().row; }
  [[nodiscard]] int cursor_column() const { return cursor().col; }

private:
  struct Deleter {
    void operator()(VTerm* terminal) const { vterm_free(terminal); }
  };

  [[nodiscard]] VTermPos cursor() const {
    VTermPos position{};
    vterm_state_get_cursorpos(vterm_obtain_state(terminal_.get()), &position);
    return position;
  }

  static void add(std::string& text, std::uint32_t code) {
    const auto byte = [&text](std::uint32_t value) { text += static_cast<char>(value); };
    if (code < 0x80) {
      byte(code);
    } else if (code < 0x800) {
      byte(0xC0 | code >> 6);
      byte(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
      byte(0xE0 | code >> 12);
      byte(0x80 | (code >> 6 & 0x3F));
      byte(0x80 | (code & 0x3F));
    } else {
      byte(0xF0 | code >> 18);
      byte(0x80 | (code >> 12 & 0x3F));
      byte(0x80 | (code >> 6 & 0x3F));
      byte(0x80 | (code & 0x3F));
    }
  }

  int columns_;
  int rows_;
  std::unique_ptr<VTerm, Deleter> terminal_;
};

} // namespace nexus::llm::cli::test
