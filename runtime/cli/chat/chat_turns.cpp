// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/chat/chat_turns.hpp"

#include <utility>

#include "runtime/cli/tools/tool_loop.hpp"

namespace nexus::llm::cli {

void ChatTurns::take(std::string text) {
  const auto before = state_.messages;
  state_.messages.push_back({.content = std::move(text), .images = state_.images});
  if (ask(before))
    state_.images.clear();
}

void ChatTurns::retry() {
  const auto before = state_.messages;
  Conversation conversation{.messages = state_.messages};
  auto message = conversation.take_back();
  if (!message) {
    asker_.output.message("There is no message to ask again.");
    return;
  }
  state_.messages = std::move(conversation.messages);
  state_.messages.push_back(std::move(*message));
  static_cast<void>(ask(before));
}

void ChatTurns::undo() {
  Conversation conversation{.messages = std::move(state_.messages)};
  const auto message = conversation.take_back();
  state_.messages = std::move(conversation.messages);
  if (!message) {
    asker_.output.message("There is no message to forget.");
    return;
  }
  state_.last_stats = {};
  asker_.output.message("The last message and its answer are forgotten.");
  keeper_.keep();
}

bool ChatTurns::ask(const Messages& before) {
  // Calls of tools and their results are added to a copy: nothing of a failed answer stays.
  auto asked = state_.messages;
  auto [response, shown] = ToolLoop{asker_, tools_}.ask(asked, state_.settings.options());
  const auto& interrupts = asker_.session.interrupts();
  bool answered = true;
  if (response) {
    state_.messages = std::move(asked);
    state_.messages.push_back({.role = ChatRole::assistant,
                               .content = response->response,
                               .thinking = std::move(response->thinking),
                               .tool_calls = std::move(response->tool_calls)});
    state_.last_model = response->model;
    state_.last_stats = response->stats;
    window_.warn_if_nearly_full();
    keeper_.keep();
  } else if (interrupts.interrupted() || response.error().code == ErrorCode::cancelled) {
    asker_.session.fail(asker_.output, response.error());
    answered = !shown.empty();
    if (answered) {
      state_.messages.push_back({.role = ChatRole::assistant, .content = shown});
      asker_.output.message("What had come is kept as the answer.");
      keeper_.keep();
    } else {
      take_back(before, "Nothing had come yet, so the message was taken back.");
    }
  } else {
    answered = false;
    exit_.refuse(response.error());
    take_back(before, "The message was taken back.");
  }
  if (interrupts.interrupted() && !interrupts.terminated())
    reader_.answer_was_interrupted();
  return answered;
}

void ChatTurns::take_back(const Messages& before, const std::string& reason) {
  // `/retry` brings the earlier answer back instead.
  const bool is_new = before.size() < state_.messages.size();
  auto text = std::move(state_.messages.back().content);
  state_.messages = before;
  if (!is_new)
    asker_.output.message("The earlier answer stays.");
  else if (reader_.propose(std::move(text)))
    asker_.output.message(reason + " It stands at the prompt again.");
  else
    asker_.output.message(reason);
}

} // namespace nexus::llm::cli
