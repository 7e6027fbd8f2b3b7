// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::llm::cli {

/// A command of a conversation.
enum class ChatVerb : std::uint8_t {
  clear,
  system,
  model,
  set,
  show,
  tokens,
  retry,
  undo,
  image,
  save,
  load,
  help,
  leave,
};

/// One row of the table of commands.
struct ChatCommand {
  std::string_view name; ///< with its slash
  ChatVerb verb;
  std::string_view argument; ///< for people; empty: takes none
  std::string_view help;     ///< empty: another name of the command above
};

[[nodiscard]] std::span<const ChatCommand> chat_commands();
/// Returns all names of commands, in the order of the table.
[[nodiscard]] std::vector<std::string_view> chat_command_names();
/// Returns the commands and what they do, one on a line.
[[nodiscard]] std::string chat_help();

/// What a typed line means.
struct ChatLine {
  enum class Kind : std::uint8_t {
    message,  ///< `text` is sent
    command,  ///< `verb` with the argument `text`
    mistyped, ///< a word that is probably the command `suggestion`
    surplus,  ///< the command `suggestion` with something behind it, although it takes nothing
  };
  Kind kind = Kind::message;
  std::string text;
  ChatVerb verb = ChatVerb::help;
  std::string suggestion = {};
};

/// Interprets a line typed by a person. Only known words are commands: a path such as `/usr/bin/x`
/// is a message, unless it is a single word beside a command's. `//` begins a message with a slash.
[[nodiscard]] ChatLine parse_chat_line(std::string_view line);

} // namespace nexus::llm::cli
