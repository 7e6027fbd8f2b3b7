// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/commands/owner_watch.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "runtime/cli/process_descriptor.hpp"

namespace nexus::llm::cli {

namespace {

constexpr int look_milliseconds = 500;

bool is_pipe(int descriptor) {
  struct stat about {};
  return ::fstat(descriptor, &about) == 0 && (S_ISFIFO(about.st_mode) || S_ISSOCK(about.st_mode));
}

/// Whether the other end of a pipe is closed; does not read pending data.
bool is_closed(int descriptor) {
  pollfd entry{descriptor, 0, 0};
  return ::poll(&entry, 1, 0) > 0;
}

} // namespace

Result<OwnerWatch> OwnerWatch::start(const OwnerOptions& options) {
  OwnerWatch watch;
  if (options.with_stdin.value_or(false) && !is_pipe(STDIN_FILENO))
    return failure(ErrorCode::invalid_argument,
                   "--exit-with-stdin goes with a pipe as stdin, whose other end the program that "
                   "starts this one holds");
  watch.stdin_ = options.with_stdin.value_or(is_pipe(STDIN_FILENO) && !is_closed(STDIN_FILENO));
  if (options.with_parent) {
    watch.parent_ = ::getppid();
    // Linux can also send a signal (PR_SET_PDEATHSIG), but does so when the thread that started
    // this process terminates, possibly long before the parent process.
    watch.process_ = open_process(watch.parent_);
  }
  return watch;
}

std::array<pollfd, 2> OwnerWatch::entries() const noexcept {
  return {pollfd{process_.get(), POLLIN, 0}, pollfd{stdin_ ? STDIN_FILENO : -1, 0, 0}};
}

int OwnerWatch::interval() const noexcept {
  return parent_ != 0 && !process_.valid() ? look_milliseconds : -1;
}

bool OwnerWatch::gone() const {
  // An orphaned process gets another parent.
  return (parent_ != 0 && ::getppid() != parent_) || (stdin_ && is_closed(STDIN_FILENO));
}

} // namespace nexus::llm::cli
