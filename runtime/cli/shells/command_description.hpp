// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace nexus::llm::cli {

/// What a shell may offer where a value is wanted.
enum class ValueKind : std::uint8_t { none, text, file, folder, words };

/// An option or a positional argument of a command. Plain data.
struct OptionDescription {
  std::vector<std::string> names; ///< such as `-m` and `--model`; that of a positional argument
  std::string value;              ///< such as `FILE`; empty for a flag and a positional argument
  std::string text;
  ValueKind kind = ValueKind::none; ///< none: a flag
  std::vector<std::string> words;   ///< the valid values of `words`
  bool required = false;
  bool repeatable = false;
};

/// A command and those below it, as the command line defines them. Plain data. Completions and the
/// manual page derive from it.
struct CommandDescription {
  std::string name;
  std::vector<std::string> aliases;
  std::string text;
  std::string footer;                       ///< an example, and what else the help ends with
  std::vector<OptionDescription> options;   ///< its own
  std::vector<OptionDescription> arguments; ///< positional
  std::vector<CommandDescription> commands;
};

/// Describes a command line.
[[nodiscard]] CommandDescription describe(const CLI::App& program);

/// A command and the words that name it, without the name of the program.
struct CommandAt {
  std::string path; ///< such as `models pull`; empty for the program itself
  const CommandDescription* command;
};

/// Returns a program and all its commands, each before those below it. The pointers are valid as
/// long as `program`.
[[nodiscard]] std::vector<CommandAt> all_commands(const CommandDescription& program);

} // namespace nexus::llm::cli
