// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/lack_of_memory.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <string_view>

#include <caf/actor_system.hpp>

#include "runtime/cli/process_limits.hpp"

namespace nexus::llm::cli {

namespace {

/// Made beforehand, since there is no memory for it then.
std::string& report() {
  static std::string text;
  return text;
}

[[noreturn]] void end_without_memory() {
  constexpr std::string_view without_report = "error: there is no memory\n";
  const auto text = report().empty() ? without_report : std::string_view{report()};
  static_cast<void>(::write(STDERR_FILENO, text.data(), text.size()) + 0);
  ::_exit(exit_code(category(ErrorCode::resources_exhausted)));
}

/// Whether an allocation has failed on this thread.
thread_local bool has_lacked = false;

void note_lack() {
  has_lacked = true;
  throw std::bad_alloc{};
}

[[noreturn]] void on_terminate() {
  try {
    if (const auto thrown = std::current_exception())
      std::rethrow_exception(thrown);
    // GCC calls std::terminate without catching the exception where it has to destroy objects of a
    // function that is `noexcept`; parts of its library, such as directory_iterator, are.
    if (has_lacked && std::uncaught_exceptions() > 0)
      end_without_memory();
  } catch (const std::bad_alloc&) {
    end_without_memory();
  } catch (...) {
  }
  std::abort();
}

/// During its lifetime, an allocation that fails ends the process.
class MemoryIsVital {
public:
  MemoryIsVital() : before_{std::set_new_handler(&end_without_memory)} {}
  ~MemoryIsVital() { std::set_new_handler(before_); }
  MemoryIsVital(const MemoryIsVital&) = delete;
  MemoryIsVital& operator=(const MemoryIsVital&) = delete;

private:
  std::new_handler before_;
};

} // namespace

void report_lack_of_memory() {
  std::set_terminate(&on_terminate);
  std::set_new_handler(&note_lack);
  try {
    report() = "error: " + sentence(limit_failure(ENOMEM)) + "\n";
  } catch (const std::bad_alloc&) {
    end_without_memory();
  }
}

void end_where_memory_runs_out() noexcept { std::set_new_handler(&end_without_memory); }

std::unique_ptr<caf::actor_system> start_caf(caf::actor_system_config& config) {
  const MemoryIsVital vital;
  return std::make_unique<caf::actor_system>(config);
}

} // namespace nexus::llm::cli
