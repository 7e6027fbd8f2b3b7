// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/chat/chat_state.hpp"

namespace nexus::llm::cli {

void ChatState::use(Conversation conversation) {
  messages = std::move(conversation.messages);
  images.clear();
  last_stats = {};
  if (first_model.empty())
    settings.options().model = std::move(conversation.model);
  if (!first_system)
    settings.options().system = std::move(conversation.system);
}

Conversation ChatState::conversation() const {
  return {.model = settings.options().model,
          .system = settings.options().system,
          .options = settings.changed(),
          .messages = messages};
}

} // namespace nexus::llm::cli
