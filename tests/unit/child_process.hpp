// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/test/unit_test.hpp>

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

namespace nexus::llm::test {

/// Runs `work` in a process of its own, which exits with what it returns.
inline pid_t in_child(const std::function<int()>& work) {
  const auto child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0)
    ::_exit(work());
  return child;
}

/// What a child exited with, or the negative number of the signal that ended it.
inline int exit_status(pid_t child) {
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

} // namespace nexus::llm::test
