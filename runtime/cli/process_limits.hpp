// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>

#include "nexus_llm/result.hpp"

namespace nexus::llm::cli {

/// Additional resources that a program is going to need.
struct ProcessNeeds {
  std::size_t threads = 0;
  std::size_t descriptors = 0;
  std::size_t memory = 0; ///< address space in bytes, without the stacks of the threads
};

/// Returns the needs of an actor system that runs this library.
[[nodiscard]] ProcessNeeds needs_of_actors();

/// Checks that the process can allocate these resources, then releases them. Call it before
/// starting CAF, which aborts or blocks forever if it cannot get a thread, a descriptor or memory.
/// Errors: `resources_exhausted`.
[[nodiscard]] Result<void> check_limits(const ProcessNeeds& needs);

/// Converts the `errno` of a call that needed a thread, a descriptor or memory.
[[nodiscard]] LLMError limit_failure(int error);

} // namespace nexus::llm::cli
