// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/process_descriptor.hpp"

#include <sys/syscall.h>
#include <unistd.h>

namespace nexus::llm::cli {

FileDescriptor open_process([[maybe_unused]] pid_t process) {
#ifdef SYS_pidfd_open
  return FileDescriptor{static_cast<int>(::syscall(SYS_pidfd_open, process, 0))};
#else
  return FileDescriptor{};
#endif
}

} // namespace nexus::llm::cli
