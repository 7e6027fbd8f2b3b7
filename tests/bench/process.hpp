// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

#include "tests/bench/cost.hpp"

namespace nexus::llm::bench {

/// Runs a command of the shell and waits for it. Ends this process unless it succeeds. Returns what
/// the command and its children took.
[[nodiscard]] Cost run_command(const std::string& command);

/// How often the threads of this process have gone to sleep so far.
[[nodiscard]] std::uint64_t sleeps();

/// Memory of this process, in KiB.
[[nodiscard]] std::uint64_t resident_kib();
/// The most memory since the last call of `forget_peak`.
[[nodiscard]] std::uint64_t peak_resident_kib();
void forget_peak();

} // namespace nexus::llm::bench
