// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/shells/command_description.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <string_view>

#include "config/config_keys.hpp"
#include "nexus_llm/ai_role.hpp"
#include "runtime/cli/commands/simulated_behaviour.hpp"
#include "runtime/cli/shells/shell.hpp"

namespace nexus::llm::cli {

namespace {

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

std::vector<std::string> role_words() {
  std::vector<std::string> words;
  for (const auto& role : role_table())
    words.emplace_back(role.name);
  return words;
}

std::vector<std::string> key_words() {
  std::vector<std::string> words;
  for (const auto& key : config_keys())
    words.push_back(key.path);
  return words;
}

/// Adds what values are offered. The name of the value, `FILE`, or that of the positional argument
/// tells.
void add_values(OptionDescription& option) {
  const auto name = option.value.empty() ? option.names.front() : option.value;
  option.kind = ValueKind::text;
  if (is_one_of(name, {"FILE", "PATH", "COMMAND", "file", "files"})) {
    option.kind = ValueKind::file;
  } else if (name == "folder") {
    option.kind = ValueKind::folder;
  } else if (is_one_of(name, {"ROLE", "role"})) {
    option.kind = ValueKind::words;
    option.words = role_words();
  } else if (name == "key") {
    option.kind = ValueKind::words;
    option.words = key_words();
  } else if (name == "FAILURE") {
    option.kind = ValueKind::words;
    option.words = words_of(SimulatedBehaviour::Kind::failure);
  } else if (name == "shell") {
    option.kind = ValueKind::words;
    option.words = shell_names();
  }
}

OptionDescription describe_option(const CLI::Option& option) {
  OptionDescription described{.text = option.get_description(),
                              .required = option.get_required(),
                              .repeatable = option.get_items_expected_max() > 1};
  if (option.get_positional()) {
    described.names = {option.get_name(true)};
    add_values(described);
    return described;
  }
  for (const auto& name : option.get_snames())
    described.names.push_back("-" + name);
  for (const auto& name : option.get_lnames())
    described.names.push_back("--" + name);
  if (option.get_items_expected_max() > 0) {
    described.value = option.get_type_name();
    add_values(described);
  }
  return described;
}

void add_commands_at(const CommandDescription& command, const std::string& path,
                     std::vector<CommandAt>& all) {
  all.push_back({path, &command});
  for (const auto& inner : command.commands)
    add_commands_at(inner, (path.empty() ? "" : path + " ") + inner.name, all);
}

} // namespace

CommandDescription describe(const CLI::App& program) {
  CommandDescription described{.name = program.get_name(),
                               .aliases = program.get_aliases(),
                               .text = program.get_description(),
                               .footer = program.get_footer()};
  for (const auto* option : program.get_options())
    (option->get_positional() ? described.arguments : described.options)
        .push_back(describe_option(*option));
  for (const auto* command : program.get_subcommands({}))
    described.commands.push_back(describe(*command));
  return described;
}

std::vector<CommandAt> all_commands(const CommandDescription& program) {
  std::vector<CommandAt> all;
  add_commands_at(program, "", all);
  return all;
}

} // namespace nexus::llm::cli
