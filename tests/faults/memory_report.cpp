// SPDX-License-Identifier: BSD-3-Clause
// What `report_lack_of_memory` makes of the ways in which a program ends without memory: wherever
// the exception comes from, with a sentence and the exit code for it; and with the signal where the
// reason is another one.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>

#include "nexus_llm/errors.hpp"
#include "runtime/cli/lack_of_memory.hpp"
#include "tests/faults/failing_allocations.hpp"

namespace nexus::llm::test {

namespace {

constexpr int whole = 0;
constexpr int lacking = 100;

struct Ending {
  int status;
  std::string said;

  [[nodiscard]] bool reports() const {
    return exits_with(exit_code(category(ErrorCode::resources_exhausted))) &&
           said.starts_with("error: ") && said.find("memory") != std::string::npos;
  }
  [[nodiscard]] bool exits_with(int code) const {
    return WIFEXITED(status) && WEXITSTATUS(status) == code;
  }
  [[nodiscard]] bool aborts() const { return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT; }
};

/// Runs something that returns an exit code in a process of its own, after `report_lack_of_memory`.
template <class Run> Ending ending_of(Run run) {
  std::array<int, 2> pipe{};
  if (::pipe(pipe.data()) != 0)
    throw std::runtime_error{"no pipe"};
  const pid_t child = ::fork();
  if (child == 0) {
    // No core files of the crashes that are meant.
    const rlimit none{};
    ::setrlimit(RLIMIT_CORE, &none);
    ::dup2(pipe[1], STDERR_FILENO);
    cli::report_lack_of_memory();
    [&run]() noexcept { ::_exit(run()); }();
  }
  ::close(pipe[1]);
  Ending ending{};
  std::array<char, 512> some{};
  for (ssize_t size = 0; (size = ::read(pipe[0], some.data(), some.size())) > 0;)
    ending.said.append(some.data(), static_cast<std::size_t>(size));
  ::close(pipe[0]);
  ::waitpid(child, &ending.status, 0);
  return ending;
}

/// `noexcept` like functions of libraries, with something to destroy.
void list_a_folder() noexcept {
  std::error_code error;
  for (std::filesystem::directory_iterator entry{"/proc/self/task", error}, end;
       !error && entry != end; entry.increment(error)) {
  }
}

int run() {
  int faults = 0;
  const auto check = [&faults](bool right, const char* what, std::size_t allocation,
                               const Ending& ending) {
    if (right)
      return;
    ++faults;
    std::fprintf(stderr, "%s, allocation %zu: status %d, %s\n", what, allocation, ending.status,
                 ending.said.c_str());
  };
  std::size_t reports = 0;
  for (std::size_t allocation = 1;; ++allocation) {
    const auto ending = ending_of([allocation] {
      fail_allocations(allocation, 1);
      list_a_folder();
      return stop_failing_allocations() < allocation ? whole : lacking;
    });
    if (ending.exits_with(whole))
      break;
    // The C library says that it has no memory; the one of C++ throws.
    if (!ending.exits_with(lacking)) {
      ++reports;
      check(ending.reports(), "within the library", allocation, ending);
    }
  }
  check(reports > 0, "no allocation of the library was without its memory", 0, {});

  const auto thrown = ending_of([]() -> int { throw std::bad_alloc{}; });
  check(thrown.reports(), "thrown", 0, thrown);

  const auto other = ending_of([]() -> int {
    try {
      fail_allocations(1, 1);
      const std::string text(100, 'a');
      std::fputs(text.c_str(), stderr);
    } catch (const std::bad_alloc&) {
    }
    std::terminate();
  });
  check(other.aborts(), "another reason", 0, other);
  return faults == 0 ? 0 : 1;
}

} // namespace

} // namespace nexus::llm::test

int main() {
  try {
    return nexus::llm::test::run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
