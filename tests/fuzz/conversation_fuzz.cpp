// SPDX-License-Identifier: BSD-3-Clause
// A saved conversation is read or refused; what was read is what is written, and chat can go on
// from it.
#include <string>

#include "config/utf8.hpp"
#include "runtime/cli/chat/chat_state.hpp"
#include "runtime/cli/chat/conversation_store.hpp"
#include "tests/fuzz/property.hpp"

using namespace nexus::llm;
using namespace nexus::llm::cli;
using namespace nexus::llm::fuzz;

namespace {

void check_refusal(const LLMError& error) {
  must(category(error.code) == ErrorCategory::validation, "the failure is about the file");
  must(is_valid_utf8(sentence(error)), "its sentence can be shown");
}

void check_name(std::string_view name) {
  if (!ConversationStore::is_valid_name(name))
    return;
  must(name.find('/') == std::string_view::npos && !name.starts_with('.') &&
           name.find('\0') == std::string_view::npos,
       "a name stays within its directory");
}

/// Goes on with a conversation, as `chat --conversation` does.
void go_on(const Conversation& read) {
  ChatState state{GenerateOptions{}};
  if (const auto replaced = state.settings.replace(read.options); !replaced)
    return check_refusal(replaced.error());
  state.use(read);
  for (const auto& option : state.settings.in_force())
    must(!option.value.empty() || state.settings.value(option.name).has_value(),
         "an option in force has a value");
  static_cast<void>(state.settings.window());
  const auto kept = state.conversation();
  must(kept.messages == read.messages && kept.options == read.options && kept.model == read.model &&
           kept.system == read.system,
       "what goes on is what was read");
  ChatState next{GenerateOptions{}};
  must(next.settings.replace(kept.options).has_value(), "what was kept can go on again");
  must(next.settings.in_force() == state.settings.in_force(), "with the same options");
  auto shortened = kept;
  while (const auto taken = shortened.take_back())
    must(taken->role == ChatRole::user, "a message of the user is taken back");
  must(shortened.messages.size() <= kept.messages.size(), "what is left is the beginning");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = Input{data, size}.rest();
  check_name(text);
  const auto read = Conversation::from_json(text, "saved.json");
  if (!read) {
    check_refusal(read.error());
    return 0;
  }
  const auto written = read->to_json();
  const auto again = Conversation::from_json(written, "saved.json");
  must(again.has_value() && *again == *read, "what was written is what is read");
  must(again->to_json() == written, "and is written in the same way");
  go_on(*read);
  return 0;
}
