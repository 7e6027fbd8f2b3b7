// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/types.h>

#include "config/file_io.hpp"

namespace nexus::llm::cli {

/// Returns a descriptor that is readable once a process has terminated; an invalid one on systems
/// without (before Linux 5.3).
[[nodiscard]] FileDescriptor open_process(pid_t process);

} // namespace nexus::llm::cli
