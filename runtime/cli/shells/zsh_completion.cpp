// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/shells/zsh_completion.hpp"

#include "runtime/cli/shells/completion_cases.hpp"

namespace nexus::llm::cli {

namespace {

/// A word in single quotes.
std::string zsh_quoted(const std::string& text) {
  std::string word = "'";
  for (const char c : text)
    word += c == '\'' ? std::string{"'\\''"} : std::string(1, c);
  return word + "'";
}

/// An entry of `_describe`, in which a colon ends the name.
std::string zsh_entry(const std::string& name, const std::string& text) {
  return zsh_quoted(name + ":" + text);
}

std::string zsh_offer(const OptionDescription& option) {
  switch (option.kind) {
  case ValueKind::file:
    return "_files";
  case ValueKind::folder:
    return "_files -/";
  case ValueKind::words:
    return "compadd -- " + joined(option.words, " ");
  case ValueKind::none:
  case ValueKind::text:
    break;
  }
  return "_message value";
}

} // namespace

std::string zsh_completion(const CommandDescription& program) {
  const CompletionCases cases{program};
  std::string script = "#compdef " + program.name + "\n# Completes " + program.name +
                       " in zsh. Made by `" + program.name +
                       " completions zsh`.\n"
                       "_nexus_llm() {\n"
                       "  local word=${words[CURRENT]} command='' option='' i\n"
                       "  local -a offered\n"
                       "  for ((i = 2; i < CURRENT; ++i)); do\n"
                       "    case ${words[i]} in\n"
                       "      (" +
                       joined(cases.valued_names(), "|") +
                       ")\n"
                       "        option=${words[i]}\n"
                       "        ((++i)) ;;\n"
                       "      (-*) ;;\n"
                       "      (*)\n"
                       "        case \"$command/${words[i]}\" in\n";
  for (const auto& step : cases.steps())
    script += "          ('" + step.from + "/" + step.word + "') command='" + step.to + "' ;;\n";
  script += "        esac ;;\n"
            "    esac\n"
            "  done\n"
            "  if ((i > CURRENT)); then\n"
            "    case $option in\n";
  for (const auto& option : cases.offering_options())
    script += "      (" + joined(option.names, "|") + ") " + zsh_offer(option) + " ;;\n";
  script += "      (*) _message value ;;\n"
            "    esac\n"
            "    return\n"
            "  fi\n"
            "  if [[ $word == -* ]]; then\n"
            "    case $command in\n";
  for (const auto& [path, command] : cases.commands()) {
    script += "      ('" + path + "') offered=(";
    for (const auto& option : cases.described_options_of(*command))
      script += "\n        " + zsh_entry(option.names.back(), option.text);
    script += ") ;;\n";
  }
  script += "    esac\n"
            "    _describe -o option offered\n"
            "    return\n"
            "  fi\n"
            "  case $command in\n";
  for (const auto& [path, command] : cases.commands()) {
    if (!command->commands.empty()) {
      script += "    ('" + path + "') offered=(";
      for (const auto& inner : command->commands)
        script += "\n      " + zsh_entry(inner.name, inner.text);
      script += ")\n      _describe command offered ;;\n";
    } else if (!command->arguments.empty()) {
      script += "    ('" + path + "') " + zsh_offer(command->arguments.front()) + " ;;\n";
    }
  }
  return script +
         "  esac\n"
         "}\n"
         "if [[ $funcstack[1] == _nexus-llm ]]; then\n"
         "  _nexus_llm \"$@\"\n"
         "else\n"
         "  compdef _nexus_llm " +
         program.name + "\nfi\n";
}

} // namespace nexus::llm::cli
