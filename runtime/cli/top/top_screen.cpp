// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/top/top_screen.hpp"

#include <curses.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdio>
#include <string>
#include <utility>

#include "runtime/cli/interrupts.hpp"
#include "runtime/cli/output.hpp"

namespace nexus::llm::cli {

namespace {

constexpr int escape_milliseconds = 25;
constexpr wint_t suspend_key = 0x1A; // Ctrl-Z

LLMError no_screen(const std::string& reason) {
  return {.code = ErrorCode::invalid_argument,
          .subject = "`top` needs " + reason + "; `stats --watch` does without"};
}

attr_t attributes_of(const TextStyle& style) {
  attr_t attributes = A_NORMAL;
  if (style.strong)
    attributes |= A_BOLD;
  if (style.faint)
    attributes |= A_DIM;
  if (style.underlined)
    attributes |= A_UNDERLINE;
  if (style.reversed)
    attributes |= A_REVERSE;
  return attributes;
}

TopKey key_of_code(wint_t code) {
  switch (code) {
  case KEY_UP:
    return TopKey::up;
  case KEY_DOWN:
    return TopKey::down;
  case KEY_PPAGE:
    return TopKey::page_up;
  case KEY_NPAGE:
    return TopKey::page_down;
  case KEY_HOME:
    return TopKey::first;
  case KEY_END:
    return TopKey::last;
  case KEY_BTAB:
    return TopKey::next_list;
  case KEY_RESIZE:
    return TopKey::redraw;
  default:
    return TopKey::other;
  }
}

TopKey key_of_character(wint_t character) {
  switch (character) {
  case L'q':
  case L'Q':
    return TopKey::quit;
  case L'k':
    return TopKey::up;
  case L'j':
    return TopKey::down;
  case L'g':
    return TopKey::first;
  case L'G':
    return TopKey::last;
  case L'\t':
    return TopKey::next_list;
  case L'c':
    return TopKey::cancel;
  case L'u':
    return TopKey::unload;
  case L'y':
  case L'Y':
    return TopKey::yes;
  default:
    return TopKey::other;
  }
}

} // namespace

void TopScreen::Deleter::operator()(void* screen) const {
  ::delscreen(static_cast<SCREEN*>(screen));
}

Result<void> TopScreen::check_terminal() {
  if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDOUT_FILENO) != 1)
    return failure(no_screen("a terminal"));
  if (!terminal_understands_escapes())
    return failure(no_screen("a terminal that can move its cursor"));
  return {};
}

Result<std::unique_ptr<TopScreen>> TopScreen::open() {
  if (auto usable = check_terminal(); !usable)
    return failure(std::move(usable.error()));
  // What is drawn is UTF-8, as everywhere in this program.
  if (std::setlocale(LC_CTYPE, "C.UTF-8") == nullptr)
    std::setlocale(LC_CTYPE, "");
  // The handler of ncurses would run in the middle of a drawing, and hang.
  ::signal(SIGTSTP, SIG_IGN);
  auto* screen = ::newterm(nullptr, stdout, stdin);
  if (screen == nullptr)
    return failure(no_screen("a terminal that terminfo knows"));
  return std::unique_ptr<TopScreen>{new TopScreen{screen}};
}

TopScreen::TopScreen(void* screen) : screen_{screen} {
  ::cbreak();
  ::noecho();
  ::set_escdelay(escape_milliseconds);
  ::keypad(stdscr, TRUE);
  ::nodelay(stdscr, TRUE);
  ::curs_set(0);
  read_suspend_as_key();
  Interrupts::before_end([] { ::endwin(); });
}

TopScreen::~TopScreen() {
  Interrupts::before_end(nullptr);
  ::endwin();
  ::signal(SIGTSTP, SIG_DFL);
}

void TopScreen::read_suspend_as_key() {
  termios mode{};
  if (::tcgetattr(STDIN_FILENO, &mode) != 0)
    return;
  mode.c_cc[VSUSP] = _POSIX_VDISABLE;
  ::tcsetattr(STDIN_FILENO, TCSADRAIN, &mode);
  // The mode to come back to, after a suspension too.
  ::def_prog_mode();
}

void TopScreen::suspend() {
  ::endwin();
  ::signal(SIGTSTP, SIG_DFL);
  ::raise(SIGTSTP);
  ::signal(SIGTSTP, SIG_IGN);
  ::refresh();
}

std::size_t TopScreen::rows() const { return static_cast<std::size_t>(std::max(0, LINES)); }

std::size_t TopScreen::columns() const { return static_cast<std::size_t>(std::max(0, COLS)); }

void TopScreen::draw(const std::vector<StyledText>& lines) {
  ::erase();
  for (std::size_t row = 0; row < lines.size(); ++row) {
    ::move(static_cast<int>(row), 0);
    for (const auto& run : lines[row]) {
      ::attrset(static_cast<int>(attributes_of(run.style)));
      ::addnstr(run.text.c_str(), static_cast<int>(run.text.size()));
    }
  }
  ::attrset(A_NORMAL);
  ::refresh();
}

std::optional<TopKey> TopScreen::read_key() {
  wint_t key = 0;
  switch (::get_wch(&key)) {
  case KEY_CODE_YES:
    return key_of_code(key);
  case OK:
    if (key == suspend_key) {
      suspend();
      return TopKey::redraw;
    }
    return key_of_character(key);
  default:
    return std::nullopt;
  }
}

} // namespace nexus::llm::cli
