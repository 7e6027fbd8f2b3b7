// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/process.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace nexus::llm::bench {

namespace {

/// A number in a file such as `/proc/self/status`.
std::uint64_t value_of(const std::filesystem::path& file, const std::string& name) {
  std::ifstream input{file};
  for (std::string word; input >> word;)
    if (word == name) {
      std::uint64_t value = 0;
      input >> value;
      return value;
    }
  return 0; // a thread that has ended meanwhile
}

} // namespace

Cost run_command(const std::string& command) {
  const auto begin = stamp_now();
  const auto process = ::fork();
  must(process >= 0, "no process can be started");
  if (process == 0) {
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  rusage used{};
  must(::wait4(process, &status, 0, &used) == process && status == 0, command.c_str());
  const auto micros = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return {micros_since(begin), micros(used.ru_utime) + micros(used.ru_stime)};
}

std::uint64_t sleeps() {
  std::uint64_t sum = 0;
  for (const auto& task : std::filesystem::directory_iterator{"/proc/self/task"})
    sum += value_of(task.path() / "status", "voluntary_ctxt_switches:");
  return sum;
}

std::uint64_t resident_kib() { return value_of("/proc/self/status", "VmRSS:"); }

std::uint64_t peak_resident_kib() { return value_of("/proc/self/status", "VmHWM:"); }

void forget_peak() { std::ofstream{"/proc/self/clear_refs"} << "5\n"; }

} // namespace nexus::llm::bench
