// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace nexus::llm::cli {

/// The arguments about tools that a model may call. Plain data.
struct ToolArguments {
  std::vector<std::string> files; ///< of the tools
  std::string command;            ///< answers the calls; empty: they are shown
  std::uint32_t rounds = 10;      ///< how often the model may call tools before it answers
  double seconds = 60;            ///< longest time of one call
};

} // namespace nexus::llm::cli
