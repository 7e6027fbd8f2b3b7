// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/shells/completion_cases.hpp"

#include <algorithm>

namespace nexus::llm::cli {

std::string joined(const std::vector<std::string>& texts, const std::string& by) {
  std::string all;
  for (const auto& text : texts)
    all += (all.empty() ? "" : by) + text;
  return all;
}

std::vector<std::string> names_of(const std::vector<CommandDescription>& commands) {
  std::vector<std::string> names;
  for (const auto& command : commands)
    names.push_back(command.name);
  return names;
}

CompletionCases::CompletionCases(const CommandDescription& program)
    : program_{program}, commands_{all_commands(program)} {}

std::vector<CompletionStep> CompletionCases::steps() const {
  std::vector<CompletionStep> steps;
  for (const auto& [path, command] : commands_)
    for (const auto& inner : command->commands) {
      const auto to = (path.empty() ? "" : path + " ") + inner.name;
      steps.push_back({path, inner.name, to});
      for (const auto& alias : inner.aliases)
        steps.push_back({path, alias, to});
    }
  return steps;
}

std::vector<std::string> CompletionCases::valued_names() const {
  std::vector<std::string> names;
  for (const auto& [path, command] : commands_)
    for (const auto& option : command->options)
      for (const auto& name : option.names)
        if (option.kind != ValueKind::none && std::ranges::find(names, name) == names.end())
          names.push_back(name);
  return names;
}

std::vector<OptionDescription> CompletionCases::offering_options() const {
  std::vector<OptionDescription> options;
  for (const auto& [path, command] : commands_)
    for (const auto& option : command->options)
      if (option.kind != ValueKind::none && option.kind != ValueKind::text &&
          std::ranges::none_of(options,
                               [&](const auto& other) { return other.names == option.names; }))
        options.push_back(option);
  return options;
}

std::vector<std::string> CompletionCases::options_of(const CommandDescription& command) const {
  std::vector<std::string> names;
  for (const auto& option : described_options_of(command))
    names.push_back(option.names.back()); // long names stand behind short ones
  return names;
}

std::vector<OptionDescription>
CompletionCases::described_options_of(const CommandDescription& command) const {
  auto options = command.options;
  for (const auto& option : program_.options)
    if (std::ranges::none_of(
            options, [&](const auto& own) { return own.names.back() == option.names.back(); }))
      options.push_back(option);
  return options;
}

} // namespace nexus::llm::cli
