// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/cli/common_options.hpp"

namespace nexus::llm::cli {

/// The arguments of `embed`.
struct EmbedArguments {
  std::vector<std::string> texts; ///< `-` stands for stdin
  std::vector<std::string> files; ///< likewise
  bool lines = false;             ///< each line of files and stdin is a text
  bool jsonl = false;             ///< each line of files and stdin is JSON
  bool binary = false;
  std::optional<std::uint32_t> dimensions;
};

/// `embed`: one vector for each text. Returns the exit code. Main thread only.
[[nodiscard]] int run_embed(const CommonOptions& common, const EmbedArguments& arguments);

} // namespace nexus::llm::cli
