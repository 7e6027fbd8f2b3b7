// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/shells/fish_completion.hpp"

#include "runtime/cli/shells/completion_cases.hpp"

namespace nexus::llm::cli {

namespace {

/// A word in single quotes.
std::string fish_quoted(const std::string& text) {
  std::string word = "'";
  for (const char c : text)
    word += (c == '\'' || c == '\\' ? "\\" : "") + std::string(1, c);
  return word + "'";
}

/// The options of `complete` that offer values of this kind. `-x`: a value, and no file.
std::string fish_offer(const OptionDescription& option) {
  switch (option.kind) {
  case ValueKind::file:
    return " -r -F";
  case ValueKind::folder:
    return " -x -a '(__fish_complete_directories)'";
  case ValueKind::words:
    return " -x -a " + fish_quoted(joined(option.words, " "));
  case ValueKind::text:
    return " -x";
  case ValueKind::none:
    break;
  }
  return "";
}

std::string fish_names(const OptionDescription& option) {
  std::string text;
  for (const auto& name : option.names)
    text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  return text;
}

} // namespace

std::string fish_completion(const CommandDescription& program) {
  const CompletionCases cases{program};
  const auto complete = "complete -c " + program.name;
  std::string script = "# Completes " + program.name + " in fish. Made by `" + program.name +
                       " completions fish`.\n"
                       "function __nexus_llm_at -d 'Whether the words name this command'\n"
                       "  set -l at ''\n"
                       "  set -l skip 0\n"
                       "  for word in (commandline -opc)[2..-1]\n"
                       "    if test $skip = 1\n"
                       "      set skip 0\n"
                       "      continue\n"
                       "    end\n"
                       "    switch $word\n"
                       "      case " +
                       joined(cases.valued_names(), " ") +
                       "\n"
                       "        set skip 1\n"
                       "      case '-*'\n"
                       "      case '*'\n"
                       "        switch \"$at/$word\"\n";
  for (const auto& step : cases.steps())
    script += "          case " + fish_quoted(step.from + "/" + step.word) +
              "\n            set at " + fish_quoted(step.to) + "\n";
  script += "        end\n"
            "    end\n"
            "  end\n"
            "  test \"$at\" = \"$argv[1]\"\n"
            "end\n" +
            complete + " -f\n";
  for (const auto& option : program.options)
    script += complete + fish_names(option) + fish_offer(option) + " -d " +
              fish_quoted(option.text) + "\n";
  for (const auto& [path, command] : cases.commands()) {
    const auto at = complete + " -n " + fish_quoted("__nexus_llm_at " + fish_quoted(path));
    for (const auto& inner : command->commands)
      script += at + " -a " + inner.name + " -d " + fish_quoted(inner.text) + "\n";
    if (path.empty())
      continue;
    for (const auto& option : command->options)
      script +=
          at + fish_names(option) + fish_offer(option) + " -d " + fish_quoted(option.text) + "\n";
    if (!command->arguments.empty() && command->arguments.front().kind == ValueKind::words)
      script += at + " -a " + fish_quoted(joined(command->arguments.front().words, " ")) + "\n";
    else if (!command->arguments.empty() && command->arguments.front().kind != ValueKind::text)
      script += at + " -F\n";
  }
  return script;
}

} // namespace nexus::llm::cli
