// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace nexus::llm::cli {

/// How far a batch has come.
struct BatchProgress {
  std::uint64_t answered = 0;          ///< also in earlier runs
  std::uint64_t failed = 0;            ///< likewise
  std::uint64_t now = 0;               ///< of both, those of this run
  std::optional<std::uint64_t> total;  ///< not set: the end of the input is not known
  std::chrono::milliseconds elapsed{}; ///< of this run
};

/// Returns a line of at most `width` cells: a bar, how many are done, how many failed, how many in
/// a second or minute, and the time that is left. What is less important is left out if it does not
/// fit.
[[nodiscard]] std::string batch_status(const BatchProgress& progress, std::size_t width);

} // namespace nexus::llm::cli
