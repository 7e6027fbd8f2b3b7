// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/chat_command.hpp"

#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/model_name.hpp"
#include "config/text.hpp"
#include "runtime/cli/answer.hpp"
#include "runtime/cli/edited_lines.hpp"
#include "runtime/cli/line_reader.hpp"
#include "runtime/cli/request_flags.hpp"

namespace nexus::llm::cli {

namespace {

constexpr std::string_view quotes = "\"\"\"";

constexpr std::string_view help_text =
    "/clear         forget the conversation\n"
    "/system TEXT   set the system text; without TEXT, back to that of the role\n"
    "/model NAME    let another model answer; without NAME, back to that of the role\n"
    "/bye           leave (so do Ctrl-D, and Ctrl-C twice at the prompt)\n"
    "\"\"\"            begin and end a message of several lines\n"
    "Alt-Enter      begin another line of the message\n"
    "Ctrl-C         stop the answer\n";

/// The conversation and its commands.
class Chat {
public:
  Chat(const CommonOptions& common, Session& session, Output& output, GenerateOptions options)
      : asker_{session, output, common.role, !common.no_stream}, output_{output},
        options_{std::move(options)},
        role_system_{options_.system}, person_{::isatty(STDIN_FILENO) == 1}, lines_{make_lines()} {}

  int run() {
    if (person_)
      output_.message("Talk to the " + std::string{to_string(asker_.role)} +
                      " role. /help tells more, /bye leaves.");
    while (!output_.write_failed()) {
      auto message = read_message();
      if (!message || !obey(*message))
        break;
    }
    // Restore the terminal before the last output.
    lines_.reset();
    const auto written = output_.success();
    return code_ != 0 ? code_ : written;
  }

private:
  struct Message {
    std::string text;
    bool verbatim = false; ///< never a command
  };

  std::unique_ptr<LineSource> make_lines() {
    auto& interrupts = asker_.session.interrupts();
    if (EditedLines::possible())
      return std::make_unique<EditedLines>(interrupts, output_);
    return std::make_unique<LineReader>(interrupts, output_, person_);
  }

  /// Sets the exit code to the first failure unless stdin is a terminal, where users see failures.
  void note_failure(int code) {
    if (!person_ && code_ == 0)
      code_ = code;
  }

  void refuse(const LLMError& error) { note_failure(output_.fail(error)); }

  /// Reads a message: one line, several lines between quotes, or several pasted lines. Returns
  /// `nullopt` at the end of the input.
  std::optional<Message> read_message() {
    std::string line;
    auto event = read_line(">>> ", line);
    if (event == LineSource::Event::text)
      return Message{std::move(line), true};
    if (event == LineSource::Event::end)
      return std::nullopt;
    bool whole = event != LineSource::Event::failed;
    // If one line is rejected, the other lines of the message must not become separate messages.
    if (!line.starts_with(quotes))
      return whole ? Message{std::move(line)} : Message{};
    auto text = line.substr(quotes.size());
    while (!text.ends_with(quotes)) {
      event = read_line("... ", line, true);
      if (event == LineSource::Event::interrupt)
        return Message{};
      if (event == LineSource::Event::end) {
        if (code_ != exit_code(ErrorCategory::cancelled))
          refuse({.code = ErrorCode::invalid_prompt,
                  .subject = "the quotes that end the last message are missing"});
        return std::nullopt;
      }
      whole = whole && event != LineSource::Event::failed;
      text += "\n" + line;
    }
    if (!whole)
      return Message{};
    text.resize(text.size() - quotes.size());
    if (text.starts_with('\n'))
      text.erase(0, 1);
    if (text.ends_with('\n'))
      text.pop_back();
    return Message{std::move(text), true};
  }

  /// Returns a line, a `text`, a rejected line (`failed`), or the `end` of the conversation. Inside
  /// a message of several lines also an `interrupt`, which drops the message.
  LineSource::Event read_line(std::string_view sign, std::string& line, bool inside = false) {
    using Event = LineSource::Event;
    auto& interrupts = asker_.session.interrupts();
    for (;;) {
      line.clear();
      const auto event = lines_->next(sign, line);
      switch (event) {
      case Event::line:
      case Event::text:
        leaving_ = false;
        return event;
      case Event::end:
        return event;
      case Event::failed:
        refuse(lines_->error());
        return event;
      case Event::broken:
        code_ = output_.fail(lines_->error());
        return Event::end;
      case Event::interrupt:
        if (interrupts.terminated() || !person_)
          code_ = exit_code(ErrorCategory::cancelled);
        if (leaving_ || code_ != 0)
          return Event::end;
        interrupts.reset();
        if (inside) {
          output_.message("(The message is dropped.)");
          return event;
        }
        leaving_ = true;
        output_.message("(Ctrl-C again or /bye leaves.)");
      }
    }
  }

  /// Processes a message. Returns false if the program should terminate.
  bool obey(const Message& message) {
    if (!message.verbatim && message.text.starts_with('/'))
      return run_slash_command(message.text);
    if (!trim(message.text).empty())
      turn(message.text);
    return true;
  }

  void turn(const std::string& text) {
    messages_.push_back({.role = ChatRole::user, .content = text});
    auto [response, shown] = ask_chat(asker_, messages_, options_);
    auto& interrupts = asker_.session.interrupts();
    if (response) {
      messages_.push_back({.role = ChatRole::assistant,
                           .content = response->response,
                           .thinking = std::move(response->thinking)});
    } else if (interrupts.interrupted() || response.error().code == ErrorCode::cancelled) {
      asker_.session.fail(output_, response.error());
      stopped(shown);
    } else {
      refuse(response.error());
      messages_.pop_back();
      output_.message("The message was taken back; send it again to ask once more.");
    }
    if (interrupts.interrupted() && !interrupts.terminated()) {
      leaving_ = true;
      interrupts.reset();
    }
  }

  void stopped(const std::string& shown) {
    if (shown.empty()) {
      messages_.pop_back();
      output_.message("Nothing had come yet, so the message was taken back.");
    } else {
      messages_.push_back({.role = ChatRole::assistant, .content = shown});
      output_.message("What had come is kept as the answer.");
    }
  }

  /// Returns false if the program should terminate.
  bool run_slash_command(const std::string& text) {
    const auto space = text.find_first_of(" \t");
    const auto name = text.substr(0, space);
    const auto argument =
        std::string{space == std::string::npos ? std::string_view{}
                                               : trim(std::string_view{text}.substr(space))};
    if (name == "/bye" || name == "/exit" || name == "/quit")
      return false;
    if (name == "/clear") {
      messages_.clear();
      output_.message("The conversation is forgotten.");
    } else if (name == "/system") {
      options_.system = argument.empty() ? role_system_ : argument;
      output_.message(argument.empty() ? "The system text is that of the role again."
                                       : "The system text is set.");
    } else if (name == "/model") {
      set_model(argument);
    } else if (name == "/help" || name == "/?") {
      output_.aside(help_text);
    } else {
      output_.message("There is no command " + name + "; /help lists them.");
      note_failure(exit_code(ErrorCategory::validation));
    }
    return true;
  }

  void set_model(const std::string& name) {
    if (!name.empty() && !is_valid_model_name(name)) {
      refuse({.code = ErrorCode::invalid_model_name, .subject = "`" + name + "`"});
      return;
    }
    options_.model = name;
    output_.message(name.empty() ? "The model of the role answers again."
                                 : "The model " + name + " answers from now on.");
  }

  Asker asker_;
  Output& output_;
  GenerateOptions options_;
  std::optional<std::string> role_system_;
  const bool person_; ///< stdin is a terminal
  std::unique_ptr<LineSource> lines_;
  std::vector<ChatMessage> messages_;
  bool leaving_ = false; ///< the last event was an interrupt
  int code_ = 0;         ///< the exit code; that of the first failure if stdin is not a terminal
};

} // namespace

int run_chat(const CommonOptions& common) {
  Interrupts interrupts;
  Output output{common};
  auto options = request_options(common);
  if (!options)
    return output.fail(options.error());
  auto session = Session::start(common, interrupts, output);
  if (!session)
    return output.fail(session.error());
  // An interrupt between two turns must not terminate the system.
  const auto keeping = interrupts.during([] {});
  return Chat{common, **session, output, std::move(*options)}.run();
}

} // namespace nexus::llm::cli
