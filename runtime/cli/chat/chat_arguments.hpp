// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "runtime/cli/tools/tool_arguments.hpp"

namespace nexus::llm::cli {

/// The arguments of `chat`.
struct ChatArguments {
  std::string conversation;        ///< name; empty: none is given
  bool continue_last = false;      ///< go on with the conversation that was saved last
  bool no_history = false;         ///< remember neither input nor an unnamed conversation
  std::vector<std::string> images; ///< files, for the first message
  ToolArguments tools;
};

} // namespace nexus::llm::cli
