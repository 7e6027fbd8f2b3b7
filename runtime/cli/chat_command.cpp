#include "runtime/cli/chat_command.hpp"

#include <unistd.h>

#include <string>
#include <string_view>
#include <vector>

#include "config/model_name.hpp"
#include "runtime/cli/answer.hpp"
#include "runtime/cli/line_reader.hpp"

namespace nexus::llm::cli {

namespace {

constexpr std::string_view quotes = "\"\"\"";

constexpr std::string_view help_text =
    "/clear         forget the conversation\n"
    "/system TEXT   set the system text; without TEXT, back to that of the role\n"
    "/model NAME    let another model answer; without NAME, back to that of the role\n"
    "/bye           leave (so do Ctrl-D, and Ctrl-C at the prompt)\n"
    "\"\"\"            begin and end a message of several lines\n"
    "Ctrl-C         stop the answer\n";

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// The conversation and its commands.
class Chat {
public:
  Chat(const CommonOptions& common, Session& session, Output& output, GenerateOptions options)
      : asker_{session, output, common.role, !common.no_stream}, output_{output},
        options_{std::move(options)}, role_system_{options_.system},
        terminal_{::isatty(STDIN_FILENO) == 1}, reader_{session.interrupts()} {}

  int run() {
    if (terminal_)
      output_.message("Talk to the " + std::string{to_string(asker_.role)} +
                      " role. /help tells more, /bye leaves.");
    std::string text;
    while (read_message(text)) {
      if (text.starts_with('/') && text.find('\n') == std::string::npos) {
        if (!run_slash_command(text))
          break;
      } else if (!trim(text).empty()) {
        turn(text);
      }
      if (output_.write_failed())
        break;
    }
    return asker_.session.interrupts().terminated() ? exit_code(ErrorCategory::cancelled)
                                                    : output_.success();
  }

private:
  /// Reads a message of one line, or of several between quotes. False at the end.
  bool read_message(std::string& text) {
    std::string line;
    if (!read_line(">>> ", line))
      return false;
    text = line;
    if (!line.starts_with(quotes))
      return true;
    text = line.substr(quotes.size());
    while (!text.ends_with(quotes)) {
      if (!read_line("... ", line))
        return false;
      text += "\n" + line;
    }
    text.resize(text.size() - quotes.size());
    if (text.starts_with('\n'))
      text.erase(0, 1);
    if (text.ends_with('\n'))
      text.pop_back();
    return true;
  }

  bool read_line(std::string_view sign, std::string& line) {
    auto& interrupts = asker_.session.interrupts();
    for (;;) {
      if (terminal_)
        output_.aside(sign);
      switch (reader_.next(line)) {
      case LineReader::Event::line:
        output_.aside_ended_by_user();
        leaving_ = false;
        return true;
      case LineReader::Event::end:
        return false;
      case LineReader::Event::interrupt:
        if (leaving_ || interrupts.terminated() || !terminal_)
          return false;
        leaving_ = true;
        interrupts.reset();
        output_.message("(Ctrl-C again or /bye leaves.)");
      }
    }
  }

  void turn(const std::string& text) {
    messages_.push_back({.role = "user", .content = text});
    auto [response, shown] = ask_chat(asker_, messages_, options_);
    auto& interrupts = asker_.session.interrupts();
    if (response) {
      messages_.push_back({.role = "assistant",
                           .content = response->response,
                           .thinking = std::move(response->thinking)});
    } else if (interrupts.interrupted() || response.error().code == ErrorCode::cancelled) {
      asker_.session.fail(output_, response.error());
      stopped(shown);
    } else {
      output_.fail(response.error());
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
      messages_.push_back({.role = "assistant", .content = shown});
      output_.message("What had come is kept as the answer.");
    }
  }

  /// False when the program is to end.
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
    }
    return true;
  }

  void set_model(const std::string& name) {
    if (!name.empty() && !is_valid_model_name(name)) {
      output_.fail({.code = ErrorCode::invalid_model_name, .subject = "`" + name + "`"});
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
  bool terminal_;
  LineReader reader_;
  std::vector<ChatMessage> messages_;
  bool leaving_ = false; ///< the last thing that happened was an interrupt
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
  // Between two turns an interrupt must not end the system.
  const auto keeping = interrupts.during([] {});
  return Chat{common, **session, output, std::move(*options)}.run();
}

} // namespace nexus::llm::cli
