// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/external_editor.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>

#include "config/config_file.hpp"
#include "config/file_io.hpp"
#include "config/text_encoding.hpp"
#include "config/utf8.hpp"
#include "runtime/cli/editor_process.hpp"

namespace nexus::llm::cli {

namespace {

constexpr std::size_t largest_edited_text = std::size_t{64} << 20;

tl::unexpected<LLMError> not_edited(const std::string& why) {
  return failure(ErrorCode::invalid_argument, why);
}

/// A file for the text, which others cannot read.
class EditedFile {
public:
  EditedFile() {
    std::error_code error;
    auto directory = std::filesystem::temp_directory_path(error);
    if (error)
      directory = "/tmp";
    name_ = (directory / "nexus-llm-XXXXXX.md").string();
    file_ = FileDescriptor{::mkostemps(name_.data(), 3, O_CLOEXEC)};
  }
  ~EditedFile() {
    if (file_.valid())
      ::unlink(name_.c_str());
  }
  EditedFile(const EditedFile&) = delete;
  EditedFile& operator=(const EditedFile&) = delete;

  [[nodiscard]] const FileDescriptor& file() const noexcept { return file_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
  std::string name_;
  FileDescriptor file_;
};

/// Gives the terminal to a process group. SIGTTOU would stop a process that is in the background.
void give_terminal(pid_t group) {
  sigset_t output;
  sigset_t before;
  sigemptyset(&output);
  sigaddset(&output, SIGTTOU);
  ::pthread_sigmask(SIG_BLOCK, &output, &before);
  ::tcsetpgrp(STDIN_FILENO, group);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

/// Starts a command in the foreground of the terminal; returns 0 or `errno`.
int start(const std::string& command, const std::string& file, int display, pid_t& process) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, display, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, display, STDERR_FILENO);
  ::posix_spawn_file_actions_addtcsetpgrp_np(&actions, STDIN_FILENO);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  // This program blocks or ignores signals that the other one needs.
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETPGROUP);
  // The shell survives the interrupts of the program that it waits for.
  std::string script = "trap : INT QUIT; " + command + " \"$1\"";
  std::string shell = "sh";
  std::string option = "-c";
  std::string name = file;
  const std::array<char*, 6> arguments{shell.data(), option.data(), script.data(),
                                       shell.data(), name.data(),   nullptr};
  const auto error =
      ::posix_spawn(&process, "/bin/sh", &actions, &attributes, arguments.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  return error;
}

/// Waits for the end of a process, and suspends this one as long as that one is. Returns its
/// status.
int wait_for_end(pid_t process) {
  int status = 0;
  for (;;) {
    const auto changed = ::waitpid(process, &status, WUNTRACED);
    if (changed < 0 && errno == EINTR)
      continue;
    if (changed < 0 || !WIFSTOPPED(status))
      return changed < 0 ? -1 : status;
    give_terminal(::getpgrp());
    ::raise(SIGTSTP);
    give_terminal(process);
    ::kill(-process, SIGCONT);
  }
}

} // namespace

Result<std::string> edit_elsewhere(const std::string& text, int display) {
  const EditedFile edited;
  if (!edited.file().valid())
    return not_edited(last_error().message());
  if (const auto error = write_all(edited.file(), text.empty() ? text : text + "\n"))
    return not_edited(error.message());
  const auto command = editor_command(process_environment());
  termios settings{};
  ::tcgetattr(STDIN_FILENO, &settings);
  pid_t process = -1;
  if (const auto error = start(command, edited.name(), display, process); error != 0)
    return not_edited(std::generic_category().message(error));
  const auto status = wait_for_end(process);
  give_terminal(::getpgrp());
  ::tcsetattr(STDIN_FILENO, TCSANOW, &settings);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return not_edited("`" + command + "` failed");
  std::error_code error;
  const auto content = read_file(edited.name(), largest_edited_text, error);
  if (!content)
    return not_edited(error.message());
  if (const auto fault = text_fault(*content); !fault.empty())
    return not_edited("what `" + command + "` wrote " + fault);
  std::string result{without_byte_order_mark(*content)};
  while (result.ends_with('\n') || result.ends_with('\r'))
    result.pop_back();
  return result;
}

} // namespace nexus::llm::cli
