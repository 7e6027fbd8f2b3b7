// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/help.hpp"

#include <CLI/CLI.hpp>

#include "runtime/cli/usage_fault.hpp"

namespace nexus::llm::cli {

namespace {

const CLI::App& program_of(const CLI::App& command) {
  const auto* program = &command;
  while (program->get_parent() != nullptr)
    program = program->get_parent();
  return *program;
}

/// The options that every command accepts.
std::vector<const CLI::Option*> common_options_of(const CLI::App& program) {
  return program.get_options([&program](const CLI::Option* option) {
    return option->nonpositional() && option != program.get_help_ptr() &&
           !option->check_lname("version");
  });
}

} // namespace

std::string path_of(const CLI::App& command) {
  const auto* parent = command.get_parent();
  return (parent != nullptr ? path_of(*parent) + " " : "") + command.get_name();
}

const CLI::App& named_command(const CLI::App& program) {
  const auto* command = &program;
  for (auto named = command->get_subcommands(); !named.empty(); named = command->get_subcommands())
    command = named.front();
  return *command;
}

std::string help_of(const CLI::App& command) {
  const auto* parent = command.get_parent();
  auto text =
      command.get_formatter()->make_help(&command, path_of(command), CLI::AppFormatMode::Normal);
  if (parent == nullptr)
    return text;
  return text + CLI::Formatter{}.make_group("Options of every command", false,
                                            common_options_of(program_of(command)));
}

std::string help_of(const CLI::App& program, const std::vector<std::string>& words) {
  const auto* command = &program;
  for (const auto& word : words) {
    const auto found = command->get_subcommands(
        [&word](const CLI::App* inner) { return inner->check_name(word); });
    if (found.empty())
      throw CLI::ValidationError(unknown_command(*command, word));
    command = found.front();
  }
  return help_of(*command);
}

} // namespace nexus::llm::cli
