// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "runtime/cli/shells/command_description.hpp"

namespace nexus::llm::cli {

/// A word that leads from a command to one below it.
struct CompletionStep {
  std::string from; ///< path, such as `models`
  std::string word; ///< name or alias
  std::string to;   ///< path, such as `models list`
};

/// Joins texts.
[[nodiscard]] std::string joined(const std::vector<std::string>& texts, const std::string& by);

/// Returns the names of commands; not their aliases, which would offer everything twice.
[[nodiscard]] std::vector<std::string> names_of(const std::vector<CommandDescription>& commands);

/// What the completion scripts of all shells distinguish. Refers to a description that outlives it.
class CompletionCases {
public:
  explicit CompletionCases(const CommandDescription& program);

  /// All commands, the program first.
  [[nodiscard]] const std::vector<CommandAt>& commands() const noexcept { return commands_; }
  [[nodiscard]] std::vector<CompletionStep> steps() const;
  /// All names of options that a value follows.
  [[nodiscard]] std::vector<std::string> valued_names() const;
  /// The options with values that can be offered, each once.
  [[nodiscard]] std::vector<OptionDescription> offering_options() const;
  /// The long names that may stand behind a command, or short ones where there is no other: its own
  /// and those of the program.
  [[nodiscard]] std::vector<std::string> options_of(const CommandDescription& command) const;
  /// As `options_of`, with everything that is known of them.
  [[nodiscard]] std::vector<OptionDescription>
  described_options_of(const CommandDescription& command) const;

private:
  const CommandDescription& program_;
  std::vector<CommandAt> commands_;
};

} // namespace nexus::llm::cli
