// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/raw_terminal.hpp"

#include <signal.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <string_view>

#include "runtime/cli/interrupts.hpp"

namespace nexus::llm::cli {

namespace {

constexpr std::string_view mark_pastes = "\033[?2004h";
constexpr std::string_view mark_no_pastes = "\033[?2004l";

/// Signals that terminate the program and would leave the terminal in raw mode.
constexpr std::array ending_signals{SIGHUP, SIGQUIT, SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV};

/// Global state for the signal handlers.
struct Shared {
  termios before{};
  termios raw{};
  int display = -1;
  int resumed = -1;
  std::atomic<bool> active{false};
  std::atomic<bool> lent{false}; ///< another program uses the terminal
  std::array<struct sigaction, ending_signals.size()> previous{};
};
Shared shared;

void write_sequence(std::string_view sequence) {
  static_cast<void>(::write(shared.display, sequence.data(), sequence.size()) + 0);
}

void enter() {
  ::tcsetattr(STDIN_FILENO, TCSANOW, &shared.raw);
  write_sequence(mark_pastes);
}

/// In the background, `tcsetattr` would suspend the program.
bool in_foreground() { return ::tcgetpgrp(STDIN_FILENO) == ::getpgrp(); }

void keep_input(bool kept) {
  const auto flags = shared.raw.c_lflag & static_cast<tcflag_t>(~NOFLSH);
  shared.raw.c_lflag = flags | (kept ? NOFLSH : 0);
  if (in_foreground())
    ::tcsetattr(STDIN_FILENO, TCSANOW, &shared.raw);
}

void restore() {
  if (!shared.active || shared.lent)
    return;
  write_sequence(mark_no_pastes);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &shared.before);
}

void set_handler(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigaction(number, &action, nullptr);
}

void on_end(int number) {
  restore();
  for (std::size_t i = 0; i < ending_signals.size(); ++i)
    if (ending_signals[i] == number)
      ::sigaction(number, &shared.previous[i], nullptr);
  ::raise(number);
}

/// Enters raw mode again after a suspension.
void enter_again() {
  if (!shared.lent && in_foreground())
    enter();
  const std::uint64_t one = 1;
  static_cast<void>(::write(shared.resumed, &one, sizeof one) + 0);
}

void on_resume(int) {
  const auto error = errno;
  enter_again();
  errno = error;
}

void on_suspend(int number) {
  const auto error = errno;
  restore();
  set_handler(number, SIG_DFL);
  ::raise(number);
  sigset_t suspension;
  sigemptyset(&suspension);
  sigaddset(&suspension, number);
  // The program stops here, unless its process group is orphaned.
  ::pthread_sigmask(SIG_UNBLOCK, &suspension, nullptr);
  set_handler(number, &on_suspend);
  enter_again();
  errno = error;
}

} // namespace

RawTerminal::RawTerminal(int display) : resumed_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
  ::tcgetattr(STDIN_FILENO, &shared.before);
  shared.raw = shared.before;
  shared.raw.c_iflag &= static_cast<tcflag_t>(~(ICRNL | INLCR | IGNCR | ISTRIP));
  shared.raw.c_lflag &= static_cast<tcflag_t>(~(ICANON | ECHO | IEXTEN));
  shared.raw.c_lflag |= ISIG | NOFLSH;
  shared.raw.c_cc[VMIN] = 1;
  shared.raw.c_cc[VTIME] = 0;
  shared.display = display;
  shared.resumed = resumed_.get();
  shared.active = true;
  for (std::size_t i = 0; i < ending_signals.size(); ++i) {
    ::sigaction(ending_signals[i], nullptr, &shared.previous[i]);
    if (shared.previous[i].sa_handler != SIG_IGN)
      set_handler(ending_signals[i], &on_end);
  }
  set_handler(SIGTSTP, &on_suspend);
  set_handler(SIGCONT, &on_resume);
  Interrupts::before_end(&restore);
  enter();
}

RawTerminal::~RawTerminal() {
  restore();
  shared.active = false;
  Interrupts::before_end(nullptr);
  set_handler(SIGCONT, SIG_DFL);
  set_handler(SIGTSTP, SIG_DFL);
  for (std::size_t i = 0; i < ending_signals.size(); ++i)
    ::sigaction(ending_signals[i], &shared.previous[i], nullptr);
}

void RawTerminal::forget_resumed() const {
  std::uint64_t ignored = 0;
  static_cast<void>(::read(resumed_.get(), &ignored, sizeof ignored) + 0);
}

RawTerminal::DropOnInterrupt::DropOnInterrupt() { keep_input(false); }

RawTerminal::DropOnInterrupt::~DropOnInterrupt() { keep_input(true); }

void RawTerminal::lend() const {
  restore();
  shared.lent = true;
}

void RawTerminal::take_back() const {
  shared.lent = false;
  enter();
}

} // namespace nexus::llm::cli
