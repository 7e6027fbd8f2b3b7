// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

namespace nexus::llm::cli {

/// The arguments of `chat`.
struct ChatArguments {
  std::string conversation;   ///< name; empty: none is given
  bool continue_last = false; ///< go on with the conversation that was saved last
  bool no_history = false;    ///< remember neither input nor an unnamed conversation
};

} // namespace nexus::llm::cli
