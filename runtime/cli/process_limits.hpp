#pragma once

#include <cstddef>

#include "nexus_llm/result.hpp"

namespace nexus::llm::cli {

/// What a program is going to have beside what it has.
struct ProcessNeeds {
  std::size_t threads = 0;
  std::size_t descriptors = 0;
};

/// What a system of actors needs, with all that this library does in it.
[[nodiscard]] ProcessNeeds needs_of_actors();

/// Tries whether the process may have as much, and gives it back. CAF ends the process or waits for
/// ever where it cannot have a thread or a descriptor; so this comes before.
/// Errors: `resources_exhausted`.
[[nodiscard]] Result<void> check_limits(const ProcessNeeds& needs);

/// The failure behind the `errno` of a call that needed a thread or a descriptor.
[[nodiscard]] LLMError limit_failure(int error);

} // namespace nexus::llm::cli
