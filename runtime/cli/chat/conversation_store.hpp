// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nexus_llm/result.hpp"
#include "runtime/cli/chat/conversation.hpp"

namespace nexus::llm::cli {

/// Keeps conversations as files `NAME.json` of one directory, for their owner only. A file is
/// replaced as a whole or not at all, and only if it holds a conversation. Not thread-safe.
class ConversationStore {
public:
  explicit ConversationStore(std::filesystem::path directory) : directory_{std::move(directory)} {}

  /// Whether a text may name a conversation: letters, digits, `-`, `_` and `.`, not at the start.
  [[nodiscard]] static bool is_valid_name(std::string_view name);

  [[nodiscard]] bool contains(std::string_view name) const;
  /// Errors: `invalid_argument` for an invalid name, for none of this name, and for a file that
  /// cannot be read or is not a conversation.
  [[nodiscard]] Result<Conversation> load(std::string_view name) const;
  /// Creates or replaces a conversation.
  /// Errors: `invalid_argument` for an invalid name, for a file that is not a conversation, which
  /// stays as it is, and if the file cannot be written.
  [[nodiscard]] Result<void> save(std::string_view name, const Conversation& conversation) const;
  /// As `save`, for one that has grown from `last`, as which it was saved or loaded, or is new. A
  /// file that holds another conversation is an error and stays as it is.
  [[nodiscard]] Result<void> save_grown(std::string_view name, const Conversation& conversation,
                                        const std::optional<Conversation>& last) const;
  /// Returns the names, the one that was saved last first.
  [[nodiscard]] std::vector<std::string> names() const;

private:
  /// Whether a save may replace what is there.
  using MayReplace = std::function<bool(const Conversation& there)>;

  [[nodiscard]] Result<void> save_if(const MayReplace& may_replace, std::string_view name,
                                     const Conversation& conversation) const;
  [[nodiscard]] std::filesystem::path path_of(std::string_view name) const;

  std::filesystem::path directory_;
};

} // namespace nexus::llm::cli
