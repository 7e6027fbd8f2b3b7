// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/editor_process.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <system_error>

#include "runtime/cli/spawn_plan.hpp"

namespace nexus::llm::cli {

namespace {

/// Ignores the signals of the keyboard during its lifetime: they are meant for the editor.
class KeyboardSignalsIgnored {
public:
  KeyboardSignalsIgnored() {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    for (std::size_t i = 0; i < signals.size(); ++i)
      ::sigaction(signals[i], &ignore, &before_[i]);
  }
  ~KeyboardSignalsIgnored() {
    for (std::size_t i = 0; i < signals.size(); ++i)
      ::sigaction(signals[i], &before_[i], nullptr);
  }
  KeyboardSignalsIgnored(const KeyboardSignalsIgnored&) = delete;
  KeyboardSignalsIgnored& operator=(const KeyboardSignalsIgnored&) = delete;

private:
  static constexpr std::array signals{SIGINT, SIGQUIT};
  std::array<struct sigaction, signals.size()> before_{};
};

/// Gives the terminal to a process group. SIGTTOU would stop a process that is in the background.
void give_terminal(pid_t group) {
  sigset_t output;
  sigset_t before;
  ::sigemptyset(&output);
  ::sigaddset(&output, SIGTTOU);
  ::pthread_sigmask(SIG_BLOCK, &output, &before);
  ::tcsetpgrp(STDIN_FILENO, group);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

/// Waits for the end of a process, and suspends this one as long as that one is. Returns its
/// status, or `nullopt` if it was lost.
std::optional<int> wait_for_end(pid_t process, bool on_terminal) {
  int status = 0;
  for (;;) {
    const auto changed = ::waitpid(process, &status, on_terminal ? WUNTRACED : 0);
    if (changed < 0 && errno == EINTR)
      continue;
    if (changed < 0)
      return std::nullopt;
    if (!WIFSTOPPED(status))
      return status;
    give_terminal(::getpgrp());
    ::raise(SIGTSTP);
    give_terminal(process);
    ::kill(-process, SIGCONT);
  }
}

/// The terminal of stdin. The destructor takes it back from the editor, with its settings.
class LentTerminal {
public:
  LentTerminal() { ::tcgetattr(STDIN_FILENO, &settings_); }
  ~LentTerminal() {
    give_terminal(::getpgrp());
    ::tcsetattr(STDIN_FILENO, TCSANOW, &settings_);
  }
  LentTerminal(const LentTerminal&) = delete;
  LentTerminal& operator=(const LentTerminal&) = delete;

private:
  termios settings_{};
};

} // namespace

std::string editor_command(const Environment& environment) {
  for (const char* name : {"VISUAL", "EDITOR"})
    if (auto command = environment(name); command && !command->empty())
      return std::move(*command);
  return "vi";
}

Result<void> run_editor(const std::string& command, const std::filesystem::path& file,
                        int display) {
  auto failed = [&command](const std::string& why) {
    return failure(ErrorCode::invalid_argument,
                   "the editor `" + command + "` " + why + " (VISUAL or EDITOR names another one)");
  };
  // In the background there is no terminal to give.
  const bool on_terminal = ::isatty(STDIN_FILENO) == 1 && ::tcgetpgrp(STDIN_FILENO) == ::getpgrp();
  const KeyboardSignalsIgnored ignored;
  std::optional<LentTerminal> lent;
  if (on_terminal)
    lent.emplace();
  // As git does: the command may have arguments, the file is one word whatever its name. The shell
  // survives the interrupts of the program that it waits for.
  pid_t process = -1;
  SpawnPlan plan;
  if (display >= 0) {
    plan.give(display, STDOUT_FILENO);
    plan.give(display, STDERR_FILENO);
  }
  if (on_terminal)
    plan.take_terminal();
  if (const auto error =
          plan.start("trap : INT QUIT; " + command + " \"$1\"", file, own_environment(), process))
    return failed("cannot be run: " + std::generic_category().message(error));
  const auto status = wait_for_end(process, on_terminal);
  if (!status)
    return failed("was lost");
  constexpr int not_found = 127;
  if (WIFEXITED(*status) && WEXITSTATUS(*status) == not_found)
    return failed("is not installed");
  if (!WIFEXITED(*status) || WEXITSTATUS(*status) != 0)
    return failed("failed, and nothing is changed");
  return {};
}

} // namespace nexus::llm::cli
