// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// The arguments of `batch`.
struct BatchArguments {
  std::string file;                            ///< with a request on each line; `-`: stdin
  std::string output;                          ///< empty: stdout
  std::optional<std::uint32_t> max_concurrent; ///< not set: `limits.maxConcurrent`
  bool in_order = false;
  bool retry_failed = false;
};

/// `batch`: many requests from a file, several at a time, and one record for each. Returns the exit
/// code. Main thread only.
[[nodiscard]] int run_batch(const CommonOptions& common, const BatchArguments& arguments);

} // namespace nexus::llm::cli
