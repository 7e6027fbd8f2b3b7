// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "nexus_llm/chat_message.hpp"
#include "runtime/cli/answer.hpp"
#include "runtime/cli/tools/tool_answer.hpp"
#include "runtime/cli/tools/tool_arguments.hpp"
#include "runtime/cli/tools/tool_command.hpp"

namespace nexus::llm::cli {

/// Lets a model call the tools that the user offers. Not thread-safe.
class ToolLoop {
public:
  ToolLoop(const Asker& asker, const ToolArguments& arguments);

  /// Sends a conversation and shows the answer. If the model calls tools, lets the user's command
  /// answer, adds the calls and their results to `messages`, and sends it again, until the model
  /// answers in words. Without a command, shows the calls and ends. `options` hold the tools.
  /// The errors are those of a request, and `invalid_argument` if the model calls tools in too many
  /// rounds.
  [[nodiscard]] Answer ask(std::vector<ChatMessage>& messages, const GenerateOptions& options);

private:
  void show(const std::vector<ToolCall>& calls);
  [[nodiscard]] ToolAnswer answer(const ToolCall& call, const std::vector<Tool>& tools);

  const Asker& asker_;
  const std::uint32_t rounds_;
  std::optional<ToolCommand> command_;
};

} // namespace nexus::llm::cli
