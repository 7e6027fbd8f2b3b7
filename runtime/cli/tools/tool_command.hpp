// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <string>

#include "nexus_llm/chat_message.hpp"
#include "runtime/cli/interrupts.hpp"

namespace nexus::llm::cli {

/// The command with which the user answers the tool calls of a model. Not thread-safe.
class ToolCommand {
public:
  /// What a call came to.
  struct Outcome {
    std::string output; ///< what the command printed
    std::string fault;  ///< why the call failed; empty: it did not
  };

  /// `command` is the user's shell command. `timeout` limits each call.
  ToolCommand(std::string command, std::chrono::milliseconds timeout, Interrupts& interrupts)
      : command_{std::move(command)}, timeout_{timeout}, interrupts_{interrupts} {}

  /// Runs the command for a call of a tool that the user has offered: the name of the tool is its
  /// last argument and the variable NEXUS_LLM_TOOL, the arguments are JSON on its stdin. Nothing
  /// that the model wrote gets to the shell. Blocks; after an interrupt or too long a time, ends
  /// the command and all that it has started in its process group.
  [[nodiscard]] Outcome run(const ToolCall& call) const;

private:
  std::string command_;
  std::chrono::milliseconds timeout_;
  Interrupts& interrupts_;
};

} // namespace nexus::llm::cli
