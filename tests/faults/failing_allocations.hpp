// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>

namespace nexus::llm::test {

/// Counts the allocations of the process from now on, and fails some of them: the `first`, counted
/// from 1, and those behind it up to `count`. 0 fails none.
void fail_allocations(std::size_t first, std::size_t count);

/// Fails no further allocation. Returns how many were counted.
std::size_t stop_failing_allocations();

} // namespace nexus::llm::test
