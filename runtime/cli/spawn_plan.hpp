// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <spawn.h>
#include <sys/types.h>

#include <string>
#include <vector>

namespace nexus::llm::cli {

/// How a shell script is started. It handles all signals as a program that the shell starts.
class SpawnPlan {
public:
  SpawnPlan();
  ~SpawnPlan();
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  /// Gives it a descriptor of this process under another number.
  void give(int descriptor, int number);
  /// Gives it a session of its own, and so a process group, without a terminal.
  void leave_terminal();
  /// Gives it a process group of its own, in the foreground of the terminal of stdin.
  void take_terminal();

  /// Starts the script, which has one argument. Returns 0 or `errno`.
  [[nodiscard]] int start(const std::string& script, const std::string& argument,
                          std::vector<std::string> environment, pid_t& process) const;

private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
  short flags_ = 0;
};

/// The environment of this process.
[[nodiscard]] std::vector<std::string> own_environment();

} // namespace nexus::llm::cli
