// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/chat/conversation.hpp"

#include <algorithm>
#include <iterator>

#include "config/read_json.hpp"

namespace nexus::llm::cli {

std::optional<ChatMessage> Conversation::take_back() {
  const auto last = std::find_if(messages.rbegin(), messages.rend(), [](const auto& message) {
    return message.role == ChatRole::user;
  });
  if (last == messages.rend())
    return std::nullopt;
  const auto from = std::prev(last.base());
  auto message = std::move(*from);
  messages.erase(from, messages.end());
  return message;
}

std::string Conversation::to_json() const {
  json::Document document;
  return json::to_pretty_text(json::to_value(*this, document.GetAllocator())) + "\n";
}

Result<Conversation> Conversation::from_json(std::string_view text, const std::string& name) {
  const auto unusable = [&name](const std::string& why) {
    return failure(ErrorCode::invalid_argument, "`" + name + "` is not a conversation: " + why);
  };
  const auto document = json::parse(text);
  if (!document)
    return unusable("line " + std::to_string(document.error().line) + ", column " +
                    std::to_string(document.error().column) + ": " + document.error().what);
  const auto* version = document->IsObject() ? json::find(*document, "version") : nullptr;
  if (version == nullptr || !version->IsUint())
    return unusable("it has no `version`");
  if (version->GetUint() > current_version)
    return failure(ErrorCode::invalid_argument,
                   "`" + name + "` was written by a later version of this program (format " +
                       std::to_string(version->GetUint()) + ")");
  Conversation conversation;
  if (const auto problem = json::read_value(*document, conversation))
    return unusable(problem->starts_with('.') ? problem->substr(1) : *problem);
  return conversation;
}

} // namespace nexus::llm::cli
