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

/// From now on, an allocation that fails on any thread ends the process in this way. CAF 0.17 loses
/// messages that it has no memory for, and who waits for their answers waits for ever.
void end_where_memory_runs_out() noexcept;

} // namespace nexus::llm::cli
