// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/chat/conversation_keeper.hpp"

#include <utility>

#include "runtime/cli/count_text.hpp"
#include "runtime/cli/state_directory.hpp"

namespace nexus::llm::cli {

namespace {

/// Name of a conversation that was given none.
constexpr std::string_view unnamed = "last";

std::optional<ConversationStore> open_store() {
  auto directory = state_directory(process_environment());
  if (!directory)
    return std::nullopt;
  return ConversationStore{*directory / "conversations"};
}

LLMError no_store() {
  return {.code = ErrorCode::invalid_argument,
          .subject = "there is no place to keep conversations; set HOME or XDG_STATE_HOME"};
}

} // namespace

ConversationKeeper::ConversationKeeper(ChatState& state, ChatExit& exit, Output& output,
                                       const ChatArguments& arguments)
    : state_{state}, exit_{exit}, output_{output}, arguments_{arguments}, store_{open_store()} {}

bool ConversationKeeper::open() {
  const auto fail = [this](const LLMError& error) {
    exit_.fail(error);
    return false;
  };
  auto name = arguments_.conversation;
  if (arguments_.continue_last) {
    const auto saved = names();
    if (saved.empty())
      return fail(
          {.code = ErrorCode::invalid_argument, .subject = "there is no conversation to continue"});
    name = saved.front();
  }
  if (name.empty()) {
    if (exit_.person() && store_ && !arguments_.no_history)
      name_ = unnamed;
    return true;
  }
  if (!store_)
    return fail(no_store());
  // The first answer creates a conversation that does not exist yet.
  if (ConversationStore::is_valid_name(name) && !store_->contains(name)) {
    name_ = name;
    return true;
  }
  auto conversation = store_->load(name);
  if (!conversation)
    return fail(conversation.error());
  if (const auto replaced = state_.settings.replace(conversation->options); !replaced)
    return fail(replaced.error());
  name_ = name;
  use(std::move(*conversation));
  return true;
}

std::vector<std::string> ConversationKeeper::names() const {
  return store_ ? store_->names() : std::vector<std::string>{};
}

void ConversationKeeper::keep() {
  if (name_.empty() || !store_)
    return;
  auto conversation = state_.conversation();
  // A name belongs to one conversation at a time; those without share theirs.
  const bool owned = name_ != unnamed;
  const auto saved =
      owned ? store_->save_grown(name_, conversation, kept_) : store_->save(name_, conversation);
  if (saved) {
    kept_ = std::move(conversation);
    if (std::exchange(failed_, false))
      output_.message("The conversation is saved again.");
    return;
  }
  if (owned && is_of_another()) {
    output_.warning("The conversation is not saved any more: " + saved.error().subject + ".");
    name_.clear();
    return;
  }
  // A full disk may have room again.
  if (!std::exchange(failed_, true))
    output_.warning("The conversation is not saved: " + saved.error().subject +
                    ". Each answer tries again.");
}

bool ConversationKeeper::is_of_another() const {
  if (!store_->contains(name_))
    return false;
  const auto there = store_->load(name_);
  return !there || kept_ != *there;
}

void ConversationKeeper::leave() {
  const bool named = !name_.empty() && name_ != unnamed;
  output_.message(named ? "The conversation is forgotten here; " + name_ + " stays as it was saved."
                        : "The conversation is forgotten.");
  if (named)
    name_ = store_ && !arguments_.no_history ? unnamed : "";
  kept_.reset();
}

void ConversationKeeper::save_as(const std::string& name, ChatReader& reader) {
  if (!store_) {
    exit_.refuse(no_store());
    return;
  }
  const auto wanted = name.empty() ? name_ : name;
  if (wanted.empty() || (name.empty() && name_ == unnamed)) {
    output_.message("Name the conversation: /save NAME.");
    return;
  }
  if (wanted != name_ && store_->contains(wanted) &&
      !reader.confirm("There is a conversation " + wanted + " already. Replace it?"))
    return;
  const auto before = std::exchange(name_, wanted);
  auto conversation = state_.conversation();
  const auto saved = before == wanted ? store_->save_grown(name_, conversation, kept_)
                                      : store_->save(name_, conversation);
  if (!saved) {
    name_ = before;
    exit_.refuse(saved.error());
    return;
  }
  kept_ = std::move(conversation);
  failed_ = false;
  output_.message("The conversation is saved as " + name_ + ", and each further answer with it.");
}

void ConversationKeeper::load(const std::string& name) {
  if (!store_) {
    exit_.refuse(no_store());
    return;
  }
  if (name.empty()) {
    const auto saved = names();
    for (const auto& known : saved)
      output_.message(known);
    if (saved.empty())
      output_.message("No conversation is saved.");
    return;
  }
  auto conversation = store_->load(name);
  auto replaced = conversation ? state_.settings.replace(conversation->options)
                               : Result<void>{failure(conversation.error())};
  if (!replaced) {
    exit_.refuse(replaced.error());
    return;
  }
  name_ = name;
  state_.settings.options().model = state_.first_model;
  state_.settings.options().system = state_.first_system;
  use(std::move(*conversation));
  tell_resumed();
}

void ConversationKeeper::tell_resumed() const {
  output_.message("The conversation " + name_ + " goes on; it has " +
                  count_of(state_.messages.size(), "message") + ".");
}

void ConversationKeeper::use(Conversation conversation) {
  failed_ = false;
  kept_ = conversation;
  state_.use(std::move(conversation));
}

} // namespace nexus::llm::cli
