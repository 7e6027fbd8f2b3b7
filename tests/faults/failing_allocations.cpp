// SPDX-License-Identifier: BSD-3-Clause
// Replaces the allocation functions of the C library, which all of C++ allocates with as well. To
// be linked, or preloaded (LD_PRELOAD): then it begins with `main`, fails what FAIL_ALLOCATIONS
// says
// (`FIRST` or `FIRST+COUNT`), and writes at the exit how many there were to COUNT_ALLOCATIONS.
#include "tests/faults/failing_allocations.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdlib>

extern "C" {
// The allocation functions that glibc keeps under other names.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): named by glibc
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
}

namespace nexus::llm::test {

namespace {

std::atomic<bool> counting = false;
std::atomic<std::size_t> counted = 0;
std::atomic<std::size_t> first_to_fail = 0;
std::atomic<std::size_t> last_to_fail = 0;

/// Whether this thread is in a call that is not meant.
thread_local bool excepted = false;

bool fails() {
  if (excepted || !counting.load(std::memory_order_relaxed))
    return false;
  const auto number = ++counted;
  if (number < first_to_fail || number > last_to_fail)
    return false;
  errno = ENOMEM;
  return true;
}

using Main = int (*)(int, char**, char**);
Main program_main = nullptr;

void write_count() {
  const auto count = stop_failing_allocations();
  const auto* file = std::getenv("COUNT_ALLOCATIONS");
  if (file == nullptr)
    return;
  std::array<char, 24> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), count).ptr;
  const int descriptor = ::open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  static_cast<void>(::write(descriptor, text.data(), static_cast<std::size_t>(end - text.data())) +
                    0);
  ::close(descriptor);
}

int counted_main(int argc, char** argv, char** environment) {
  std::size_t first = 0;
  std::size_t count = 1;
  if (const auto* wanted = std::getenv("FAIL_ALLOCATIONS")) {
    char* rest = nullptr;
    first = std::strtoul(wanted, &rest, 10);
    if (*rest == '+')
      count = std::strtoul(rest + 1, nullptr, 10);
  }
  // Programs that this one starts are not meant.
  ::unsetenv("LD_PRELOAD");
  std::atexit(&write_count);
  fail_allocations(first, count);
  return program_main(argc, argv, environment);
}

} // namespace

void fail_allocations(std::size_t first, std::size_t count) {
  counted = 0;
  first_to_fail = first;
  last_to_fail = first == 0 ? 0 : first + count - 1;
  counting = true;
}

std::size_t stop_failing_allocations() {
  counting = false;
  return counted;
}

} // namespace nexus::llm::test

extern "C" {

using nexus::llm::test::fails;

void* malloc(std::size_t size) { return fails() ? nullptr : __libc_malloc(size); }

void* calloc(std::size_t count, std::size_t size) {
  return fails() ? nullptr : __libc_calloc(count, size);
}

void* realloc(void* old, std::size_t size) {
  // Less of something is always there.
  return size > 0 && fails() ? nullptr : __libc_realloc(old, size);
}

void* memalign(std::size_t alignment, std::size_t size) {
  return fails() ? nullptr : __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return fails() ? nullptr : __libc_memalign(alignment, size);
}

int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  auto* found = fails() ? nullptr : __libc_memalign(alignment, size);
  if (found == nullptr)
    return ENOMEM;
  *memory = found;
  return 0;
}

// Too few threads are tried by limits of the process.
int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                   void* argument) {
  nexus::llm::test::excepted = true;
  static const auto real =
      reinterpret_cast<decltype(&pthread_create)>(::dlsym(RTLD_NEXT, "pthread_create"));
  const int result = real(thread, attributes, run, argument);
  nexus::llm::test::excepted = false;
  return result;
}

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): named by glibc

// Without memory for the destructor of a variable of a thread, glibc itself ends the process.
int __cxa_thread_atexit_impl(void (*destroy)(void*), void* object, void* library) {
  using Register = int (*)(void (*)(void*), void*, void*);
  nexus::llm::test::excepted = true;
  static const auto real =
      reinterpret_cast<Register>(::dlsym(RTLD_NEXT, "__cxa_thread_atexit_impl"));
  const int result = real(destroy, object, library);
  nexus::llm::test::excepted = false;
  return result;
}

// Where the C library starts a program: what runs before `main` is not counted.
int __libc_start_main(nexus::llm::test::Main main, int argc, char** argv, void (*initialise)(),
                      void (*finish)(), void (*finish_linker)(), void* stack_end) {
  using Start =
      int (*)(nexus::llm::test::Main, int, char**, void (*)(), void (*)(), void (*)(), void*);
  const auto start = reinterpret_cast<Start>(::dlsym(RTLD_NEXT, "__libc_start_main"));
  const bool preloaded =
      std::getenv("FAIL_ALLOCATIONS") != nullptr || std::getenv("COUNT_ALLOCATIONS") != nullptr;
  nexus::llm::test::program_main = main;
  return start(preloaded ? &nexus::llm::test::counted_main : main, argc, argv, initialise, finish,
               finish_linker, stack_end);
}

// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
}
