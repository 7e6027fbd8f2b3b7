// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>

namespace caf {
class actor_system;
class actor_system_config;
} // namespace caf

namespace nexus::llm::cli {

/// Memory may run out anywhere, also on a thread of CAF, where nobody catches the exception. From
/// now on, the process then ends with a sentence and the exit code for it.
void report_lack_of_memory();

/// Starts CAF. Without memory, the process ends at once: CAF 0.17 blocks or crashes where it is
/// unwound while it starts.
[[nodiscard]] std::unique_ptr<caf::actor_system> start_caf(caf::actor_system_config& config);

} // namespace nexus::llm::cli
