// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "nexus_llm/portability.hpp"

#if !NEXUS_LLM_CAF_1

namespace nexus::llm {

/// Makes the scheduler of `recommend`: `sharing` as that of CAF, with one queue for all worker
/// threads, which wakes fewer of them for actors of `spawn_state` (`JobQueue`). The caller, a
/// system of CAF, owns it.
[[nodiscard]] caf::actor_system::module* make_scheduler(caf::actor_system& system);

} // namespace nexus::llm

#endif
