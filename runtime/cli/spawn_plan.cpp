// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/spawn_plan.hpp"

#include <signal.h>
#include <unistd.h>

namespace nexus::llm::cli {

namespace {

std::vector<char*> with_null(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts)
    pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

} // namespace

SpawnPlan::SpawnPlan() {
  ::posix_spawn_file_actions_init(&actions_);
  ::posix_spawnattr_init(&attributes_);
  sigset_t all;
  ::sigfillset(&all);
  ::posix_spawnattr_setsigdefault(&attributes_, &all);
  sigset_t none;
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes_, &none);
  flags_ = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
  ::posix_spawnattr_setflags(&attributes_, flags_);
}

SpawnPlan::~SpawnPlan() {
  ::posix_spawnattr_destroy(&attributes_);
  ::posix_spawn_file_actions_destroy(&actions_);
}

void SpawnPlan::give(int descriptor, int number) {
  ::posix_spawn_file_actions_adddup2(&actions_, descriptor, number);
}

void SpawnPlan::leave_terminal() {
  flags_ |= POSIX_SPAWN_SETSID;
  ::posix_spawnattr_setflags(&attributes_, flags_);
}

void SpawnPlan::take_terminal() {
  ::posix_spawnattr_setpgroup(&attributes_, 0);
  flags_ |= POSIX_SPAWN_SETPGROUP;
  ::posix_spawnattr_setflags(&attributes_, flags_);
  ::posix_spawn_file_actions_addtcsetpgrp_np(&actions_, STDIN_FILENO);
}

int SpawnPlan::start(const std::string& script, const std::string& argument,
                     std::vector<std::string> environment, pid_t& process) const {
  std::vector<std::string> arguments{"sh", "-c", script, "sh", argument};
  return ::posix_spawn(&process, "/bin/sh", &actions_, &attributes_, with_null(arguments).data(),
                       with_null(environment).data());
}

std::vector<std::string> own_environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable)
    variables.emplace_back(*variable);
  return variables;
}

} // namespace nexus::llm::cli
