// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/editor_process.hpp"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

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

/// Makes a child handle all signals as a program that the shell starts.
class SpawnAttributes {
public:
  SpawnAttributes() {
    ::posix_spawnattr_init(&attributes_);
    sigset_t all;
    ::sigfillset(&all);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;

  [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

private:
  posix_spawnattr_t attributes_{};
};

} // namespace

std::string editor_command(const Environment& environment) {
  for (const char* name : {"VISUAL", "EDITOR"})
    if (auto command = environment(name); command && !command->empty())
      return std::move(*command);
  return "vi";
}

Result<void> run_editor(const std::string& command, const std::filesystem::path& file) {
  auto failed = [&command](const std::string& why) {
    return failure(ErrorCode::invalid_argument,
                   "the editor `" + command + "` " + why + " (VISUAL or EDITOR names another one)");
  };
  // As git does: the command may have arguments, the file is one word whatever its name.
  std::string script = command + " \"$@\"";
  std::string name = file.string();
  std::string shell = "sh";
  std::string option = "-c";
  std::array<char*, 6> arguments{shell.data(), option.data(), script.data(),
                                 shell.data(), name.data(),   nullptr};
  const KeyboardSignalsIgnored ignored;
  const SpawnAttributes attributes;
  pid_t child = -1;
  if (const auto error =
          ::posix_spawn(&child, "/bin/sh", nullptr, attributes.get(), arguments.data(), environ))
    return failed("cannot be run: " + std::generic_category().message(error));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      return failed("was lost");
  constexpr int not_found = 127;
  if (WIFEXITED(status) && WEXITSTATUS(status) == not_found)
    return failed("is not installed");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return failed("failed, and nothing is changed");
  return {};
}

} // namespace nexus::llm::cli
