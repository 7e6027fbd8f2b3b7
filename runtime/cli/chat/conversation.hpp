// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nexus_llm/chat_message.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm::cli {

/// An option that was set in a conversation, as `/set` takes it.
struct ChatOption {
  std::string name = {};
  std::string value = {};

  static constexpr std::string_view type_name = "ChatOption";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"name", self.name}, Field{"value", self.value});
  }
  bool operator==(const ChatOption&) const = default;
};

/// A conversation that can be kept: its messages, and with what they were asked. Not thread-safe.
struct Conversation {
  /// The version of the JSON form that this program writes, and the latest that it reads.
  static constexpr std::uint32_t current_version = 1;

  std::uint32_t version = current_version;
  std::string model = {};                 ///< empty: the role's
  std::optional<std::string> system = {}; ///< unset: that of the role
  std::vector<ChatOption> options = {};   ///< set by `/set`
  std::vector<ChatMessage> messages = {}; ///< user and assistant in turns

  /// Removes the last message of the user and everything after it. Returns that message, or
  /// `nullopt` if there is none.
  std::optional<ChatMessage> take_back();

  [[nodiscard]] std::string to_json() const;
  /// Reads the JSON form. `name` names its source in errors.
  /// Errors: `invalid_argument` for anything else, and for a later version.
  [[nodiscard]] static Result<Conversation> from_json(std::string_view text,
                                                      const std::string& name);

  static constexpr std::string_view type_name = "Conversation";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"version", self.version}, Field{"model", self.model},
                 Field{"system", self.system}, Field{"options", self.options},
                 Field{"messages", self.messages});
  }
  bool operator==(const Conversation&) const = default;
};

} // namespace nexus::llm::cli
