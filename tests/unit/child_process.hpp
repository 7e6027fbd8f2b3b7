// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/test/unit_test.hpp>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <vector>

namespace nexus::llm::test {

/// Runs `work` in a process of its own, which exits with what it returns.
inline pid_t in_child(const std::function<int()>& work) {
  const auto child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0)
    ::_exit(work());
  return child;
}

/// What a check in a child exits with where it is not permitted.
inline constexpr int not_possible_here = 77;

/// Mounts that other processes do not see. False where that is not permitted.
[[nodiscard]] inline bool own_mounts() {
  return ::unshare(CLONE_NEWNS) == 0 &&
         ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

/// Leaves this process no file descriptor more than it has.
[[nodiscard]] inline bool take_all_descriptors() {
  const int lowest_free = ::dup(STDERR_FILENO);
  const rlimit none_left{static_cast<rlim_t>(lowest_free), static_cast<rlim_t>(lowest_free)};
  return ::close(lowest_free) == 0 && ::setrlimit(RLIMIT_NOFILE, &none_left) == 0;
}

/// Has the kernel refuse these calls of this process with this error. False where that cannot be
/// done.
[[nodiscard]] inline bool let_fail(std::initializer_list<long> calls, int number) {
  std::vector<sock_filter> program{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (const auto call : calls) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(number)));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

/// What a child exited with, or the negative number of the signal that ended it.
inline int exit_status(pid_t child) {
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/// Runs checks in a child: 0 is right, else the number of what is wrong.
inline void check_in_child(const std::function<int()>& work) {
  const auto status = exit_status(in_child(work));
  if (status == not_possible_here)
    BOOST_TEST_MESSAGE("skipped: it is not permitted here");
  else
    BOOST_TEST(status == 0);
}

} // namespace nexus::llm::test
