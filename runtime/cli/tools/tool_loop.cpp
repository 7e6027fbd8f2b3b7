// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/tools/tool_loop.hpp"

#include <algorithm>
#include <chrono>

#include "config/utf8.hpp"

namespace nexus::llm::cli {

namespace {

constexpr std::size_t most_shown = 200;

std::string line_of(const ToolCall& call) { return call.name + " " + call.arguments; }

/// The beginning of a text, cut between characters.
std::string beginning_of(const std::string& text) {
  if (text.size() <= most_shown)
    return text;
  std::size_t end = 0;
  while (end < most_shown)
    end += std::max<std::size_t>(1, first_character(std::string_view{text}.substr(end)));
  return text.substr(0, end) + "...";
}

} // namespace

ToolLoop::ToolLoop(const Asker& asker, const ToolArguments& arguments)
    : asker_{asker}, rounds_{arguments.rounds} {
  if (!arguments.command.empty())
    command_.emplace(arguments.command,
                     std::chrono::ceil<std::chrono::milliseconds>(
                         std::chrono::duration<double>{arguments.seconds}),
                     asker.session.interrupts());
}

Answer ToolLoop::ask(std::vector<ChatMessage>& messages, const GenerateOptions& options) {
  auto& interrupts = asker_.session.interrupts();
  for (std::uint32_t round = 0;; ++round) {
    auto answer_now = ask_chat(asker_, messages, options);
    if (!answer_now.response || answer_now.response->tool_calls.empty())
      return answer_now;
    const auto& response = *answer_now.response;
    if (!command_) {
      show(response.tool_calls);
      return answer_now;
    }
    if (round == rounds_) {
      answer_now.response = failure(ErrorCode::invalid_argument,
                                    "--tool-rounds is " + std::to_string(rounds_) +
                                        ", and the model still calls tools after so many rounds");
      return answer_now;
    }
    messages.push_back({.role = ChatRole::assistant,
                        .content = response.response,
                        .thinking = response.thinking,
                        .tool_calls = response.tool_calls});
    for (const auto& call : response.tool_calls) {
      // The command ends at an interrupt, and this program after it.
      const auto ending = interrupts.during([] {});
      auto result = answer(call, options.tools);
      if (interrupts.interrupted()) {
        answer_now.response = failure(ErrorCode::cancelled, "");
        return answer_now;
      }
      messages.push_back({.role = ChatRole::tool,
                          .content = std::move(result.result),
                          .tool_name = call.name,
                          .tool_call_id = call.id});
    }
  }
}

void ToolLoop::show(const std::vector<ToolCall>& calls) {
  // With --json the answer itself holds them.
  if (asker_.output.json())
    return;
  asker_.output.finish_line();
  for (const auto& call : calls)
    asker_.output.line(line_of(call));
}

ToolAnswer ToolLoop::answer(const ToolCall& call, const std::vector<Tool>& tools) {
  auto& output = asker_.output;
  output.message("calling " + beginning_of(line_of(call)));
  ToolAnswer result{.call = call};
  ToolCommand::Outcome outcome;
  if (std::ranges::find(tools, call.name, &Tool::name) == tools.end())
    outcome.fault = "there is no tool `" + call.name + "`";
  else
    outcome = command_->run(call);
  result.failed = !outcome.fault.empty();
  if (result.failed) {
    if (!asker_.session.interrupts().interrupted())
      output.warning("the tool " + call.name + ": " + outcome.fault);
    result.result = "error: " + outcome.fault;
    if (!outcome.output.empty())
      result.result += "\n" + outcome.output;
  } else {
    result.result = std::move(outcome.output);
  }
  if (output.json())
    output.object(result);
  return result;
}

} // namespace nexus::llm::cli
