// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/chat/conversation_store.hpp"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "config/file_io.hpp"
#include "config/file_replacement.hpp"
#include "runtime/cli/state_directory.hpp"

namespace nexus::llm::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view extension = ".json";
constexpr std::size_t longest_name = 100;
constexpr std::chrono::milliseconds lock_patience{5000};
/// Images make conversations large.
constexpr std::size_t largest_file = std::size_t{1} << 30;

LLMError invalid_name(std::string_view name) {
  return {.code = ErrorCode::invalid_argument,
          .subject = "`" + std::string{name} +
                     "` cannot name a conversation; use letters, digits, `-`, `_` and `.`"};
}

} // namespace

bool ConversationStore::is_valid_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name && name.front() != '.' &&
         name.front() != '-' && std::all_of(name.begin(), name.end(), [](char letter) {
           return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                  (letter >= '0' && letter <= '9') || letter == '-' || letter == '_' ||
                  letter == '.';
         });
}

fs::path ConversationStore::path_of(std::string_view name) const {
  return directory_ / (std::string{name} + std::string{extension});
}

bool ConversationStore::contains(std::string_view name) const {
  std::error_code ignored;
  return is_valid_name(name) && fs::exists(path_of(name), ignored);
}

Result<Conversation> ConversationStore::load(std::string_view name) const {
  if (!is_valid_name(name))
    return failure(invalid_name(name));
  if (!contains(name))
    return failure(ErrorCode::invalid_argument,
                   "there is no conversation `" + std::string{name} + "`");
  const auto path = path_of(name);
  std::error_code error;
  const auto text = read_file(path, largest_file, error);
  if (!text)
    return failure(ErrorCode::invalid_argument,
                   "`" + path.string() + "` cannot be read: " + error.message());
  return Conversation::from_json(*text, path.string());
}

Result<void> ConversationStore::save(std::string_view name,
                                     const Conversation& conversation) const {
  return save_if([](const Conversation&) { return true; }, name, conversation);
}

Result<void> ConversationStore::save_grown(std::string_view name, const Conversation& conversation,
                                           const std::optional<Conversation>& last) const {
  return save_if([&last](const Conversation& there) { return last == there; }, name, conversation);
}

Result<void> ConversationStore::save_if(const MayReplace& may_replace, std::string_view name,
                                        const Conversation& conversation) const {
  if (!is_valid_name(name))
    return failure(invalid_name(name));
  const auto path = path_of(name);
  const auto unwritable = [&path](const std::error_code& error) {
    return failure(ErrorCode::invalid_argument,
                   "`" + path.string() + "` cannot be written: " + error.message());
  };
  if (const auto error = make_private_directory(directory_))
    return unwritable(error);
  // Another conversation must not change the file between the comparison and the replacement.
  std::error_code error;
  const auto lock = lock_directory(directory_, lock_patience, error);
  if (error)
    return unwritable(error);
  if (contains(name)) {
    const auto old = load(name);
    if (!old)
      return failure(old.error());
    if (!may_replace(*old))
      return failure(ErrorCode::invalid_argument,
                     "`" + path.string() + "` was changed by another program");
  }
  if (error = replace_file(path, conversation.to_json()); error)
    return unwritable(error);
  return {};
}

std::vector<std::string> ConversationStore::names() const {
  std::vector<std::pair<fs::file_time_type, std::string>> found;
  std::error_code error;
  for (fs::directory_iterator entry{directory_, error}, end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (const auto name = entry->path().stem().string();
        entry->path().extension() == extension && is_valid_name(name))
      found.emplace_back(entry->last_write_time(ignored), name);
  }
  std::sort(found.begin(), found.end(), [](const auto& left, const auto& right) {
    return left.first != right.first ? left.first > right.first : left.second < right.second;
  });
  std::vector<std::string> names;
  for (auto& [time, name] : found)
    names.push_back(std::move(name));
  return names;
}

} // namespace nexus::llm::cli
