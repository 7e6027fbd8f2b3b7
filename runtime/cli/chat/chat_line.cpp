// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/chat/chat_line.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "config/suggestion.hpp"
#include "config/text.hpp"

namespace nexus::llm::cli {

namespace {

using Verb = ChatVerb;

constexpr std::array table{
    ChatCommand{"/clear", Verb::clear, "", "forget the conversation"},
    ChatCommand{"/system", Verb::system, "TEXT",
                "set the system text; without TEXT, back to that of the role"},
    ChatCommand{"/model", Verb::model, "NAME",
                "let another model answer; without NAME, back to that of the role"},
    ChatCommand{"/set", Verb::set, "KEY VALUE",
                "set an option, such as temperature 0.2; VALUE `default` takes it back"},
    ChatCommand{"/show", Verb::show, "",
                "show the model, the system text and the options in force"},
    ChatCommand{"/tokens", Verb::tokens, "", "show how full the context window is"},
    ChatCommand{"/retry", Verb::retry, "", "ask the last message again"},
    ChatCommand{"/undo", Verb::undo, "", "forget the last message and its answer"},
    ChatCommand{"/image", Verb::image, "FILE", "attach an image to the next message"},
    ChatCommand{"/save", Verb::save, "NAME", "keep the conversation under a name, from now on"},
    ChatCommand{"/load", Verb::load, "NAME", "go on with another; without NAME, list them"},
    ChatCommand{"/help", Verb::help, "", "show this"},
    ChatCommand{"/?", Verb::help, "", ""},
    ChatCommand{"/bye", Verb::leave, "", "leave (so do Ctrl-D, and Ctrl-C twice at the prompt)"},
    ChatCommand{"/exit", Verb::leave, "", ""},
    ChatCommand{"/quit", Verb::leave, "", ""},
};

std::string row(std::string left, std::string_view right) {
  constexpr std::size_t width = 16;
  left.resize(std::max(left.size() + 1, width), ' ');
  return left + std::string{right} + "\n";
}

} // namespace

std::span<const ChatCommand> chat_commands() { return table; }

std::vector<std::string_view> chat_command_names() {
  std::vector<std::string_view> names;
  for (const auto& command : table)
    names.push_back(command.name);
  return names;
}

std::string chat_help() {
  std::string text;
  for (const auto& command : table)
    if (!command.help.empty())
      text += row(std::string{command.name} + (command.argument.empty() ? "" : " ") +
                      std::string{command.argument},
                  command.help);
  return text + row("//TEXT", "send /TEXT as a message") +
         row("\"\"\"", "begin and end a message of several lines") +
         row("Alt-Enter", "begin another line of the message") + row("Ctrl-C", "stop the answer");
}

ChatLine parse_chat_line(std::string_view line) {
  using Kind = ChatLine::Kind;
  if (line.starts_with("//"))
    return {Kind::message, std::string{line.substr(1)}};
  if (!line.starts_with('/'))
    return {Kind::message, std::string{line}};
  const auto end = std::min(line.find_first_of(white_space), line.size());
  const auto name = line.substr(0, end);
  const auto argument = trim(line.substr(end));
  for (const auto& command : table) {
    if (command.name != name)
      continue;
    if (command.argument.empty() && !argument.empty())
      return {Kind::surplus, std::string{line}, command.verb, std::string{name}};
    return {Kind::command, std::string{argument}, command.verb};
  }
  if (argument.empty() && name.size() > 2) {
    const auto names = chat_command_names();
    if (auto meant = nearest(name, std::vector<std::string>(names.begin(), names.end()));
        !meant.empty())
      return {Kind::mistyped, std::string{line}, Verb::help, std::move(meant)};
  }
  return {Kind::message, std::string{line}};
}

} // namespace nexus::llm::cli
