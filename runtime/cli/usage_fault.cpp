// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/usage_fault.hpp"

#include <CLI/CLI.hpp>

#include <vector>

#include "config/suggestion.hpp"
#include "config/text.hpp"
#include "runtime/cli/help.hpp"

namespace nexus::llm::cli {

namespace {

std::vector<std::string> commands_below(const CLI::App& parent) {
  std::vector<std::string> names;
  for (const auto* command : parent.get_subcommands({})) {
    names.push_back(command->get_name());
    for (const auto& alias : command->get_aliases())
      names.push_back(alias);
  }
  return names;
}

/// The long options that may stand behind a command, with their dashes.
std::vector<std::string> options_behind(const CLI::App& command) {
  std::vector<std::string> names;
  for (const auto* level = &command; level != nullptr; level = level->get_parent())
    for (const auto* option : level->get_options())
      for (const auto& name : option->get_lnames())
        names.push_back(name);
  return names;
}

std::string unknown_option(const CLI::App& command, const std::string& word) {
  const auto name = word.substr(0, word.find('='));
  const auto names = options_behind(command);
  // Dashes do not make two names similar.
  const auto meant = nearest(trim(name, "-"), names);
  return is_no("option of `" + path_of(command) + "`", name, meant.empty() ? "" : "--" + meant);
}

/// Commands as a list; of several names of a command, the first.
std::string list_of_commands(const CLI::App& parent) {
  std::string list;
  for (const auto* command : parent.get_subcommands({}))
    list += (list.empty() ? "" : ", ") + command->get_name();
  return list;
}

} // namespace

std::string unknown_command(const CLI::App& parent, const std::string& word) {
  const auto meant = nearest(word, commands_below(parent));
  const bool top = parent.get_parent() == nullptr;
  return is_no(top ? "command" : "command of `" + path_of(parent) + "`", word, meant);
}

std::optional<std::string> usage_fault(const CLI::App& program) {
  const auto& command = named_command(program);
  const bool needs_command = command.get_require_subcommand_min() > 0;
  const auto left = program.remaining(true);
  if (left.empty())
    return needs_command ? std::optional{"`" + path_of(command) +
                                         "` needs a command: " + list_of_commands(command)}
                         : std::nullopt;
  const auto& word = left.front();
  if (word.starts_with('-') && word.size() > 1)
    return unknown_option(command, word);
  if (needs_command)
    return unknown_command(command, word);
  return "`" + word + "` is one argument too many for `" + path_of(command) + "`";
}

} // namespace nexus::llm::cli
