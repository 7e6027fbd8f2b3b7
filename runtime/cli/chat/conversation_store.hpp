// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
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
  /// Creates or replaces a conversation; with `known`, only one that is equal to it.
  /// Errors: `invalid_argument` for an invalid name, for a file that is not a conversation or not
  /// the known one, which stays as it is, and if the file cannot be written.
  [[nodiscard]] Result<void> save(std::string_view name, const Conversation& conversation,
                                  const Conversation* known = nullptr) const;
  /// Returns the names, the one that was saved last first.
  [[nodiscard]] std::vector<std::string> names() const;

private:
  [[nodiscard]] std::filesystem::path path_of(std::string_view name) const;

  std::filesystem::path directory_;
};

} // namespace nexus::llm::cli
