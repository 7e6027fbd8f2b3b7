// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/shells/man_page.hpp"

#include <sstream>

namespace nexus::llm::cli {

namespace {

/// Text in which nothing is a request or an escape of roff, and a dash is what a shell wants.
std::string roff(std::string_view text) {
  std::string safe;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\''))
      safe += "\\&";
    line_begins = c == '\n';
    switch (c) {
    case '\\':
      safe += "\\e";
      break;
    case '-':
      safe += "\\-";
      break;
    case '`':
      safe += "\\(ga";
      break;
    case '^':
      safe += "\\(ha";
      break;
    case '~':
      safe += "\\(ti";
      break;
    case '"':
      safe += "\\(dq";
      break;
    default:
      safe += c;
    }
  }
  return safe;
}

std::string bold(std::string_view text) { return "\\fB" + roff(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + roff(text) + "\\fR"; }

/// A text of several lines as paragraphs; indented lines, such as examples, stay lines.
std::string paragraphs(const std::string& text) {
  std::string page = text.empty() ? "" : ".PP\n";
  std::istringstream lines{text};
  bool verbatim = false;
  for (std::string line; std::getline(lines, line);) {
    const bool indented = line.starts_with("  ");
    if (indented != verbatim)
      page += indented ? ".PP\n.nf\n.RS\n" : ".RE\n.fi\n";
    verbatim = indented;
    if (line.empty())
      page += ".PP\n";
    else
      page += roff(indented ? line.substr(2) : line) + "\n";
  }
  return page + (verbatim ? ".RE\n.fi\n" : "");
}

std::string option_entry(const OptionDescription& option) {
  std::string names;
  for (const auto& name : option.names)
    names += (names.empty() ? "" : ", ") + bold(name);
  if (!option.value.empty())
    names += " " + italic(option.value);
  return ".TP\n" + names + "\n" + roff(option.text) + "\n";
}

std::string argument_entry(const OptionDescription& argument) {
  return ".TP\n" + italic(argument.names.front()) + "\n" + roff(argument.text) + "\n";
}

/// The words that call a command, and what follows them.
std::string synopsis(const CommandDescription& program, const CommandAt& at) {
  auto text = bold(program.name + (at.path.empty() ? "" : " " + at.path));
  for (const auto& argument : at.command->arguments) {
    const auto name = italic(argument.names.front()) + (argument.repeatable ? " ..." : "");
    text += argument.required ? " " + name : " [" + name + "]";
  }
  if (!at.command->commands.empty())
    text += " " + italic("command");
  return text + " [" + italic("option") + " ...]";
}

bool is_help(const OptionDescription& option) { return option.names.back() == "--help"; }

} // namespace

std::string man_page(const CommandDescription& program, std::string_view version) {
  const auto commands = all_commands(program);
  // The page must not differ between two builds of a version, so it has no date of its own.
  auto page = ".TH NEXUS\\-LLM 1 \"\" \"" + roff(program.name) + " " + std::string{version} +
              "\" \"User Commands\"\n.SH NAME\n" + roff(program.name) + " \\- " +
              roff("talk to the AI roles of Nexus Overseer") + "\n.SH SYNOPSIS\n" +
              synopsis(program, commands.front()) + "\n.SH DESCRIPTION\n" + roff(program.text) +
              "\n" + paragraphs(program.footer) + ".SH OPTIONS\nOf every command:\n";
  for (const auto& option : program.options)
    page += option_entry(option);
  page += ".SH COMMANDS\n";
  for (const auto& at : commands) {
    if (at.path.empty())
      continue;
    page += ".SS " + roff(at.path) + "\n" + synopsis(program, at) + "\n.PP\n" +
            roff(at.command->text) + ".\n";
    if (!at.command->aliases.empty())
      page += "Also called " + bold(at.command->aliases.front()) + ".\n";
    for (const auto& argument : at.command->arguments)
      page += argument_entry(argument);
    for (const auto& option : at.command->options)
      if (!is_help(option))
        page += option_entry(option);
    page += paragraphs(at.command->footer);
  }
  return page + ".SH FILES\n.TP\n" + italic("~/.config/nexus-overseer/config.json") +
         "\nThe settings; " + bold("nexus-llm config path") +
         " tells which file is in use.\n.SH ENVIRONMENT\n.TP\n" + bold("OLLAMA_HOST") +
         "\nWhere Ollama listens.\n.TP\n" + bold("NEXUS_OVERSEER_CONFIG") +
         "\nThe configuration file.\n.TP\n" + bold("VISUAL") + ", " + bold("EDITOR") +
         "\nThe editor of " + bold("nexus-llm config edit") + ".\n.TP\n" + bold("NO_COLOR") +
         "\nNo colours, if set.\n";
}

} // namespace nexus::llm::cli
