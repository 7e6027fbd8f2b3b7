// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/process_limits.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <new>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "config/file_io.hpp"

namespace nexus::llm::cli {

namespace {

using Clock = std::chrono::steady_clock;

/// How long the system may still count terminated threads.
constexpr std::chrono::seconds longest_end{2};

/// Whether the system still counts a thread of this process.
bool is_counted(pid_t thread) {
  return ::access(("/proc/self/task/" + std::to_string(thread)).c_str(), F_OK) == 0;
}

/// Starts this many threads at once; returns `errno` or 0.
int try_threads(std::size_t count) {
  std::mutex mutex;
  std::vector<pid_t> started;
  started.reserve(count);
  std::condition_variable ending;
  bool end = false;
  std::vector<std::thread> threads;
  threads.reserve(count);
  int failure = 0;
  try {
    while (threads.size() < count)
      threads.emplace_back([&] {
        std::unique_lock lock{mutex};
        started.push_back(::gettid());
        ending.wait(lock, [&end] { return end; });
      });
  } catch (const std::system_error& error) {
    failure = error.code().value();
  } catch (const std::bad_alloc&) {
    failure = ENOMEM;
  }
  {
    std::lock_guard lock{mutex};
    end = true;
  }
  ending.notify_all();
  for (auto& thread : threads)
    thread.join();
  // The system counts a thread until shortly after it was joined.
  const auto deadline = Clock::now() + longest_end;
  while (std::any_of(started.begin(), started.end(), is_counted) && Clock::now() < deadline)
    ::poll(nullptr, 0, 1);
  return failure;
}

std::size_t stack_bytes() {
  pthread_attr_t attributes;
  std::size_t bytes = 0;
  if (::pthread_attr_init(&attributes) != 0)
    return bytes;
  ::pthread_attr_getstacksize(&attributes, &bytes);
  ::pthread_attr_destroy(&attributes);
  return bytes;
}

/// Where address space is limited, makes all threads share one heap: each further one reserves
/// 64 MiB.
void spare_address_space() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    ::mallopt(M_ARENA_MAX, 1);
}

/// Reserves this much address space at once; returns `errno` or 0.
int try_memory(std::size_t bytes) {
  auto* space =
      ::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (space == MAP_FAILED)
    return errno;
  ::munmap(space, bytes);
  return 0;
}

/// Opens this many descriptors at once; returns `errno` or 0.
int try_descriptors(std::size_t count) {
  std::vector<FileDescriptor> descriptors;
  descriptors.reserve(count);
  while (descriptors.size() < count) {
    descriptors.emplace_back(::open("/", O_PATH | O_CLOEXEC));
    if (!descriptors.back().valid())
      return errno;
  }
  return 0;
}

} // namespace

ProcessNeeds needs_of_actors() {
  const auto workers = std::max<std::size_t>(std::thread::hardware_concurrency(), 4);
  // For the timers, printing and networking of CAF, the settings, the transport, and host name
  // lookups.
  return {.threads = workers + 8, .descriptors = 24, .memory = std::size_t{128} << 20};
}

Result<void> check_limits(const ProcessNeeds& needs) {
  if (const auto error = try_descriptors(needs.descriptors); error != 0)
    return failure(limit_failure(error));
  spare_address_space();
  if (const auto error = try_memory(needs.threads * stack_bytes() + needs.memory); error != 0)
    return failure(limit_failure(error));
  if (const auto error = try_threads(needs.threads); error != 0)
    return failure(limit_failure(error));
  return {};
}

LLMError limit_failure(int error) {
  const auto* limit = "it may not start more threads (`ulimit -u`, or the limit of its container)";
  if (error == EMFILE || error == ENFILE)
    limit = "it may not open more files (`ulimit -n`)";
  else if (error == ENOMEM)
    limit = "it may not use more memory (`ulimit -v`, or the limit of its container)";
  return {.code = ErrorCode::resources_exhausted,
          .subject = limit,
          .detail = std::generic_category().message(error)};
}

} // namespace nexus::llm::cli
