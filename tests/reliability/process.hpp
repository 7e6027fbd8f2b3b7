// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <malloc.h>
#include <unistd.h>

/// What this process holds, as Linux tells.
namespace nexus::llm::test {

/// Whether a sanitizer watches this program: it needs much more time and memory then.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

/// Memory in use, in bytes.
[[nodiscard]] inline std::size_t resident_bytes() {
  std::ifstream file{"/proc/self/statm"};
  std::size_t total = 0;
  std::size_t resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

[[nodiscard]] inline std::size_t entries_of(const char* directory) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator{directory})
    ++count;
  return count;
}

/// Open file descriptors, that of the look itself left out.
[[nodiscard]] inline std::size_t open_descriptors() { return entries_of("/proc/self/fd") - 1; }

[[nodiscard]] inline std::size_t running_threads() { return entries_of("/proc/self/task"); }

/// Makes all threads share one heap: what the allocator holds back for each of many would look like
/// a leak. Call it first.
inline void use_one_heap() { mallopt(M_ARENA_MAX, 1); }

struct Resources {
  std::size_t memory = 0;
  std::size_t descriptors = 0;
  std::size_t threads = 0;

  [[nodiscard]] static Resources now() {
    // What was freed but is kept for later is no leak.
    malloc_trim(0);
    return {resident_bytes(), open_descriptors(), running_threads()};
  }
  [[nodiscard]] double mebibytes() const { return static_cast<double>(memory) / (1024.0 * 1024.0); }
};

} // namespace nexus::llm::test
