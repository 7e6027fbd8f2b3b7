// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/shells/bash_completion.hpp"

#include "runtime/cli/shells/completion_cases.hpp"

namespace nexus::llm::cli {

namespace {

/// Offers what a value of this kind may be.
std::string bash_offer(const OptionDescription& option) {
  switch (option.kind) {
  case ValueKind::file:
    return "compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$word\")";
  case ValueKind::folder:
    return "compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- \"$word\")";
  case ValueKind::words:
    return "mapfile -t COMPREPLY < <(compgen -W '" + joined(option.words, " ") + "' -- \"$word\")";
  case ValueKind::none:
  case ValueKind::text:
    break;
  }
  return ":";
}

} // namespace

std::string bash_completion(const CommandDescription& program) {
  const CompletionCases cases{program};
  std::string script = "# Completes " + program.name + " in bash. Made by `" + program.name +
                       " completions bash`.\n"
                       "_nexus_llm() {\n"
                       "  local word=${COMP_WORDS[COMP_CWORD]} command='' option='' offered='' i\n"
                       "  COMPREPLY=()\n"
                       "  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
                       "    case ${COMP_WORDS[i]} in\n"
                       "      " +
                       joined(cases.valued_names(), "|") +
                       ")\n"
                       "        option=${COMP_WORDS[i]}\n"
                       "        # bash takes the sign of `--option=value` for a word.\n"
                       "        [[ ${COMP_WORDS[i + 1]-} == '=' ]] && ((++i))\n"
                       "        ((++i)) ;;\n"
                       "      -*) ;;\n"
                       "      *)\n"
                       "        case \"$command/${COMP_WORDS[i]}\" in\n";
  for (const auto& step : cases.steps())
    script += "          '" + step.from + "/" + step.word + "') command='" + step.to + "' ;;\n";
  script += "        esac ;;\n"
            "    esac\n"
            "  done\n"
            "  if ((i > COMP_CWORD)) || [[ $word == '=' && -n $option ]]; then\n"
            "    [[ $word == '=' ]] && word=''\n"
            "    case $option in\n";
  for (const auto& option : cases.offering_options())
    script += "      " + joined(option.names, "|") + ") " + bash_offer(option) + " ;;\n";
  script += "    esac\n"
            "    return\n"
            "  fi\n"
            "  if [[ $word == -* ]]; then\n"
            "    case $command in\n";
  for (const auto& [path, command] : cases.commands())
    script +=
        "      '" + path + "') offered='" + joined(cases.options_of(*command), " ") + "' ;;\n";
  script += "    esac\n"
            "    mapfile -t COMPREPLY < <(compgen -W \"$offered\" -- \"$word\")\n"
            "    return\n"
            "  fi\n"
            "  case $command in\n";
  for (const auto& [path, command] : cases.commands()) {
    if (!command->commands.empty())
      script += "    '" + path + "') mapfile -t COMPREPLY < <(compgen -W '" +
                joined(names_of(command->commands), " ") + "' -- \"$word\") ;;\n";
    else if (!command->arguments.empty() && command->arguments.front().kind != ValueKind::text)
      script += "    '" + path + "') " + bash_offer(command->arguments.front()) + " ;;\n";
  }
  return script +
         "  esac\n"
         "}\n"
         "complete -F _nexus_llm " +
         program.name + "\n";
}

} // namespace nexus::llm::cli
