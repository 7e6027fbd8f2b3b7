// SPDX-License-Identifier: BSD-3-Clause
#include "tests/mutate/mutant.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <span>

namespace nexus::mutants {

namespace {

std::size_t chosen_mutant() noexcept {
  const char* text = std::getenv("NEXUS_LLM_MUTANT");
  return text == nullptr ? 0 : std::strtoul(text, nullptr, 10);
}

/// Shared, since a test may end its process without a destructor, or a part of it in a child.
std::span<char> trace_file() noexcept {
  const char* path = std::getenv("NEXUS_LLM_MUTANT_TRACE");
  const int file = path == nullptr ? -1 : ::open(path, O_RDWR | O_CLOEXEC);
  struct stat facts {};
  if (file < 0 || ::fstat(file, &facts) != 0)
    return {};
  const auto size = static_cast<std::size_t>(facts.st_size);
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  return memory == MAP_FAILED ? std::span<char>{} : std::span{static_cast<char*>(memory), size};
}

} // namespace

bool is_chosen(std::size_t id) noexcept {
  static const std::size_t chosen = chosen_mutant();
  static const std::span<char> trace = trace_file();
  if (id < trace.size())
    trace[id] = 1;
  return id == chosen;
}

} // namespace nexus::mutants
