// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/chat/chat.hpp"

#include <unistd.h>

#include <utility>

#include "config/text.hpp"
#include "runtime/cli/state_directory.hpp"
#include "runtime/cli/terminal/edited_lines.hpp"
#include "runtime/cli/terminal/line_reader.hpp"

namespace nexus::llm::cli {

namespace {

/// Converts what was typed into a message or a command.
ChatLine line_of(ChatReader::Message message) {
  return message.verbatim ? ChatLine{ChatLine::Kind::message, std::move(message.text)}
                          : parse_chat_line(message.text);
}

} // namespace

Chat::Chat(const CommonOptions& common, const ChatArguments& arguments, Session& session,
           Output& output, GenerateOptions options)
    : asker_{session, output, common.role, !common.no_stream}, output_{output},
      arguments_{arguments}, exit_{output, ::isatty(STDIN_FILENO) == 1}, state_{std::move(options)},
      keeper_{state_, exit_, output, arguments}, window_{asker_, state_, exit_.person()} {}

int Chat::run(std::vector<std::string> images) {
  if (!keeper_.open())
    return exit_.code();
  state_.images = std::move(images);
  converse();
  const auto written = output_.success();
  return exit_.code() != 0 ? exit_.code() : written;
}

/// The reader owns the terminal, which is restored before the last output.
void Chat::converse() {
  ChatReader reader{asker_.session.interrupts(), output_, exit_, make_lines()};
  ChatTurns turns{asker_, arguments_.tools, state_, exit_, reader, keeper_, window_};
  ChatCommands commands{asker_, state_, exit_, reader, keeper_, window_, turns};
  if (exit_.person()) {
    output_.message("Talk to the " + std::string{to_string(asker_.role)} +
                    " role. /help tells more, /bye leaves.");
    if (!state_.messages.empty())
      keeper_.tell_resumed();
  }
  // Without a person who could react, a failure ends the conversation.
  while (!output_.write_failed() && (exit_.person() || exit_.code() == 0)) {
    auto message = reader.read();
    if (!message)
      return;
    auto line = line_of(std::move(*message));
    switch (line.kind) {
    case ChatLine::Kind::message:
      if (!trim(line.text).empty())
        turns.take(std::move(line.text));
      break;
    case ChatLine::Kind::command:
      if (!commands.run(line))
        return;
      break;
    case ChatLine::Kind::mistyped:
      output_.message("There is no command " + line.text + "; did you mean " + line.suggestion +
                      "? /" + line.text + " sends it as a message.");
      reader.propose(line.text);
      break;
    case ChatLine::Kind::surplus:
      output_.message("Nothing follows " + line.suggestion +
                      ". A further slash before it sends the line as a message.");
      reader.propose(line.text);
      break;
    }
  }
}

std::unique_ptr<LineSource> Chat::make_lines() {
  auto& interrupts = asker_.session.interrupts();
  if (EditedLines::possible()) {
    std::optional<HistoryFile> history;
    if (const auto directory = state_directory(process_environment());
        directory && !arguments_.no_history)
      history.emplace(*directory / "history");
    auto lines = std::make_unique<EditedLines>(interrupts, output_, std::move(history));
    lines->complete_with([this](std::string_view text) {
      return complete_chat(text, {.models = [this] { return model_names(); },
                                  .conversations = [this] { return keeper_.names(); }});
    });
    return lines;
  }
  return std::make_unique<LineReader>(interrupts, output_, exit_.person());
}

std::vector<std::string> Chat::model_names() {
  std::vector<std::string> names;
  if (const auto models = asker_.session.llm().list_available_models())
    for (const auto& model : *models)
      names.push_back(model.name);
  return names;
}

} // namespace nexus::llm::cli
