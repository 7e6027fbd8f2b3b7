// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/chat.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "config/model_name.hpp"
#include "config/text.hpp"
#include "runtime/cli/edited_lines.hpp"
#include "runtime/cli/image_file.hpp"
#include "runtime/cli/line_reader.hpp"
#include "runtime/cli/progress_display.hpp"
#include "runtime/cli/state_directory.hpp"
#include "runtime/cli/tool_loop.hpp"

namespace nexus::llm::cli {

namespace {

using Event = LineSource::Event;

constexpr std::string_view quotes = "\"\"\"";
/// Name of a conversation that was given none.
constexpr std::string_view unnamed = "last";
/// The user is warned from this fill of the context window on.
constexpr std::uint64_t full_percent = 80;

/// Ends a download from within its reports.
struct PullStopped {};

std::optional<ConversationStore> open_store() {
  auto directory = state_directory(process_environment());
  if (!directory)
    return std::nullopt;
  return ConversationStore{*directory / "conversations"};
}

LLMError no_store() {
  return {.code = ErrorCode::invalid_argument,
          .subject = "there is no place to keep conversations; set HOME or XDG_STATE_HOME"};
}

std::string row(std::string label, const std::string& value) {
  constexpr std::size_t width = 14;
  label.resize(width, ' ');
  return label + value + "\n";
}

std::string count_of(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

} // namespace

Chat::Chat(const CommonOptions& common, const ChatArguments& arguments, Session& session,
           Output& output, GenerateOptions options)
    : asker_{session, output, common.role, !common.no_stream}, output_{output},
      arguments_{arguments}, settings_{std::move(options)}, first_model_{settings_.options().model},
      first_system_{settings_.options().system}, person_{::isatty(STDIN_FILENO) == 1},
      store_{open_store()} {}

int Chat::run(std::vector<std::string> images) {
  if (!open())
    return code_;
  images_ = std::move(images);
  lines_ = make_lines();
  if (person_) {
    output_.message("Talk to the " + std::string{to_string(asker_.role)} +
                    " role. /help tells more, /bye leaves.");
    if (!messages_.empty())
      output_.message("The conversation " + name_ + " goes on; it has " +
                      count_of(messages_.size(), "message") + ".");
  }
  // Without a person who could react, a failure ends the conversation.
  while (!output_.write_failed() && (person_ || code_ == 0)) {
    auto message = read_message();
    if (!message || !obey(*message))
      break;
  }
  // Restore the terminal before the last output.
  lines_.reset();
  const auto written = output_.success();
  return code_ != 0 ? code_ : written;
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
      return complete_chat(
          text, {.models = [this] { return model_names(); },
                 .conversations =
                     [this] { return store_ ? store_->names() : std::vector<std::string>{}; }});
    });
    return lines;
  }
  return std::make_unique<LineReader>(interrupts, output_, person_);
}

std::vector<std::string> Chat::model_names() {
  std::vector<std::string> names;
  if (const auto models = asker_.session.llm().list_available_models())
    for (const auto& model : *models)
      names.push_back(model.name);
  return names;
}

bool Chat::open() {
  const auto fail = [this](const LLMError& error) {
    code_ = output_.fail(error);
    return false;
  };
  auto name = arguments_.conversation;
  if (arguments_.continue_last) {
    const auto names = store_ ? store_->names() : std::vector<std::string>{};
    if (names.empty())
      return fail(
          {.code = ErrorCode::invalid_argument, .subject = "there is no conversation to continue"});
    name = names.front();
  }
  if (name.empty()) {
    if (person_ && store_ && !arguments_.no_history)
      name_ = unnamed;
    return true;
  }
  if (!store_)
    return fail(no_store());
  // The first answer creates a conversation that does not exist yet.
  if (ConversationStore::is_valid_name(name) && !store_->contains(name)) {
    name_ = name;
    return true;
  }
  auto conversation = store_->load(name);
  if (!conversation)
    return fail(conversation.error());
  if (const auto replaced = settings_.replace(conversation->options); !replaced)
    return fail(replaced.error());
  name_ = name;
  use(std::move(*conversation));
  return true;
}

void Chat::note_failure(int code) {
  if (!person_ && code_ == 0)
    code_ = code;
}

/// Reads a message: one line, several lines between quotes, or several pasted lines. Returns
/// `nullopt` at the end of the input.
std::optional<Chat::Message> Chat::read_message() {
  std::string line;
  const auto event = read_line(">>> ", line);
  if (event == Event::text)
    return Message{std::move(line), true};
  if (event == Event::end)
    return std::nullopt;
  const bool whole = event != Event::failed;
  // If one line is rejected, the other lines of the message must not become separate messages.
  if (line.starts_with(quotes))
    return read_quoted(line.substr(quotes.size()), whole);
  return whole ? Message{std::move(line), !person_} : Message{};
}

/// Reads the rest of a message between quotes. The end of the input ends it as well.
std::optional<Chat::Message> Chat::read_quoted(std::string text, bool whole) {
  std::string line;
  bool closed = text.ends_with(quotes);
  while (!closed) {
    const auto event = read_line("... ", line, true);
    if (event == Event::interrupt)
      return Message{};
    if (event == Event::end)
      break;
    whole = whole && event != Event::failed;
    text += "\n" + line;
    closed = text.ends_with(quotes);
  }
  if (!closed && code_ != 0)
    return std::nullopt;
  if (!whole)
    return Message{};
  if (closed)
    text.resize(text.size() - quotes.size());
  if (text.starts_with('\n'))
    text.erase(0, 1);
  if (text.ends_with('\n'))
    text.pop_back();
  return Message{std::move(text), true};
}

/// Returns a line, a `text`, a rejected line (`failed`), or the `end` of the conversation. Inside
/// a message of several lines also an `interrupt`, which drops the message.
Event Chat::read_line(std::string_view sign, std::string& line, bool inside) {
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

bool Chat::confirm(const std::string& question) {
  std::string line;
  const auto event = lines_->ask(question + " [y/N] ", line);
  if (event == Event::interrupt && !asker_.session.interrupts().terminated())
    asker_.session.interrupts().reset();
  const auto answer = trim(line);
  return event == Event::line && (answer == "y" || answer == "Y" || answer == "yes");
}

bool Chat::obey(const Message& message) {
  auto line = message.verbatim ? ChatLine{ChatLine::Kind::message, message.text}
                               : parse_chat_line(message.text);
  switch (line.kind) {
  case ChatLine::Kind::message:
    if (!trim(line.text).empty())
      turn({.content = std::move(line.text)});
    return true;
  case ChatLine::Kind::command:
    return run_command(line);
  case ChatLine::Kind::mistyped:
    output_.message("There is no command " + line.text + "; did you mean " + line.suggestion +
                    "? /" + line.text + " sends it as a message.");
    break;
  case ChatLine::Kind::surplus:
    output_.message("Nothing follows " + line.suggestion +
                    ". A further slash before it sends the "
                    "line as a message.");
    break;
  }
  lines_->propose(line.text);
  return true;
}

bool Chat::run_command(const ChatLine& command) {
  switch (command.verb) {
  case ChatVerb::clear:
    clear();
    break;
  case ChatVerb::system:
    set_system(command.text);
    break;
  case ChatVerb::model:
    set_model(command.text);
    break;
  case ChatVerb::set:
    set_option(command.text);
    break;
  case ChatVerb::show:
    show();
    break;
  case ChatVerb::tokens:
    show_tokens();
    break;
  case ChatVerb::retry:
    retry();
    break;
  case ChatVerb::undo:
    undo();
    break;
  case ChatVerb::image:
    attach(command.text);
    break;
  case ChatVerb::save:
    save_as(command.text);
    break;
  case ChatVerb::load:
    load(command.text);
    break;
  case ChatVerb::help:
    output_.aside(chat_help());
    break;
  case ChatVerb::leave:
    return false;
  }
  return true;
}

void Chat::turn(ChatMessage message) {
  const auto before = messages_;
  message.images = images_;
  messages_.push_back(std::move(message));
  if (ask(before))
    images_.clear();
}

void Chat::retry() {
  const auto before = messages_;
  Conversation conversation{.messages = messages_};
  auto message = conversation.take_back();
  if (!message) {
    output_.message("There is no message to ask again.");
    return;
  }
  messages_ = std::move(conversation.messages);
  messages_.push_back(std::move(*message));
  static_cast<void>(ask(before));
}

void Chat::undo() {
  Conversation conversation{.messages = std::move(messages_)};
  const auto message = conversation.take_back();
  messages_ = std::move(conversation.messages);
  if (!message) {
    output_.message("There is no message to forget.");
    return;
  }
  last_stats_ = {};
  output_.message("The last message and its answer are forgotten.");
  keep();
}

bool Chat::ask(const Messages& before) {
  // Calls of tools and their results are added to a copy: nothing of a failed answer stays.
  auto asked = messages_;
  auto [response, shown] = ToolLoop{asker_, arguments_.tools}.ask(asked, settings_.options());
  auto& interrupts = asker_.session.interrupts();
  bool answered = true;
  if (response) {
    messages_ = std::move(asked);
    messages_.push_back({.role = ChatRole::assistant,
                         .content = response->response,
                         .thinking = std::move(response->thinking),
                         .tool_calls = std::move(response->tool_calls)});
    last_model_ = response->model;
    last_stats_ = response->stats;
    warn_if_nearly_full();
    keep();
  } else if (interrupts.interrupted() || response.error().code == ErrorCode::cancelled) {
    asker_.session.fail(output_, response.error());
    answered = !shown.empty();
    if (answered) {
      messages_.push_back({.role = ChatRole::assistant, .content = shown});
      output_.message("What had come is kept as the answer.");
      keep();
    } else {
      take_back(before, "Nothing had come yet, so the message was taken back.");
    }
  } else {
    answered = false;
    refuse(response.error());
    take_back(before, "The message was taken back.");
  }
  if (interrupts.interrupted() && !interrupts.terminated()) {
    leaving_ = true;
    interrupts.reset();
  }
  return answered;
}

void Chat::take_back(const Messages& before, const std::string& reason) {
  // `/retry` brings the earlier answer back instead.
  const bool is_new = before.size() < messages_.size();
  auto text = std::move(messages_.back().content);
  messages_ = before;
  if (!is_new)
    output_.message("The earlier answer stays.");
  else if (lines_->propose(std::move(text)))
    output_.message(reason + " It stands at the prompt again.");
  else
    output_.message(reason);
}

void Chat::clear() {
  messages_.clear();
  images_.clear();
  last_stats_ = {};
  const bool named = !name_.empty() && name_ != unnamed;
  output_.message(named ? "The conversation is forgotten here; " + name_ + " stays as it was saved."
                        : "The conversation is forgotten.");
  if (named)
    name_ = store_ && !arguments_.no_history ? unnamed : "";
  kept_.reset();
}

void Chat::set_system(const std::string& text) {
  settings_.options().system = text.empty() ? first_system_ : text;
  output_.message(text.empty() ? "The system text is that of the role again."
                               : "The system text is set.");
}

void Chat::set_model(const std::string& name) {
  if (name.empty()) {
    settings_.options().model = first_model_;
    output_.message("The model of the role answers again.");
    return;
  }
  if (!is_valid_model_name(name)) {
    refuse({.code = ErrorCode::invalid_model_name, .subject = "`" + name + "`"});
    return;
  }
  output_.status("asking Ollama ...");
  const auto installed = asker_.session.llm().check_model_available(name);
  output_.clear_status();
  if (!installed) {
    refuse(installed.error());
    return;
  }
  if (!*installed &&
      (!confirm("The model " + name + " is not installed. Download it?") || !pull(name))) {
    output_.message("The model stays " + model_in_force() + ".");
    return;
  }
  settings_.options().model = name;
  output_.message("The model " + name + " answers from now on.");
}

/// Downloads a model. Ctrl-C stops it.
bool Chat::pull(const std::string& name) {
  auto& interrupts = asker_.session.interrupts();
  ProgressDisplay display{output_};
  Result<void> result;
  try {
    result = asker_.session.llm().pull_model(name, [&](const PullProgress& progress) {
      if (interrupts.interrupted())
        throw PullStopped{};
      display.show(progress);
    });
  } catch (const PullStopped&) {
    result = failure(ErrorCode::cancelled, "");
  }
  if (result)
    display.complete();
  output_.clear_status();
  if (!result)
    refuse(result.error());
  if (!interrupts.terminated())
    interrupts.reset();
  return result.has_value();
}

void Chat::set_option(const std::string& text) {
  const auto end = std::min(text.find_first_of(white_space), text.size());
  const auto name = text.substr(0, end);
  const auto value = trim(std::string_view{text}.substr(end));
  if (name.empty()) {
    std::string names;
    for (const auto known : ChatSettings::names())
      names += (names.empty() ? "" : ", ") + std::string{known};
    for (const auto& option : settings_.in_force())
      output_.message(option.name + " " + option.value);
    output_.message("Options: " + names + ".");
    return;
  }
  if (!value.empty()) {
    if (const auto set = settings_.set(name, value); !set) {
      refuse(set.error());
      return;
    }
  }
  const auto now = settings_.value(name);
  if (now)
    output_.message(name + " " + *now);
  else
    refuse(now.error());
}

std::string Chat::model_in_force() {
  if (const auto& model = settings_.options().model; !model.empty())
    return model;
  const auto model = asker_.session.llm().get_model_for_role(asker_.role);
  return model ? *model : last_model_;
}

void Chat::show() {
  const auto& options = settings_.options();
  std::string set;
  for (const auto& option : settings_.in_force())
    set += (set.empty() ? "" : ", ") + option.name + " " + option.value;
  auto system = options.system;
  if (!system)
    if (const auto config = asker_.session.llm().load_config();
        config && !config->settings(asker_.role).system.empty())
      system = config->settings(asker_.role).system;
  auto text = row("model", model_in_force()) + row("role", std::string{to_string(asker_.role)}) +
              row("system", system.value_or("that of the model")) +
              row("options", set.empty() ? "those of the role" : set) +
              row("messages", std::to_string(messages_.size())) + row("window", fill());
  if (!images_.empty())
    text += row("attached", count_of(images_.size(), "image"));
  if (!name_.empty())
    text += row("saved as", name_);
  output_.aside(text);
}

std::uint64_t Chat::window() {
  if (const auto set = settings_.window(); set > 0)
    return set;
  if (const auto config = asker_.session.llm().load_config()) {
    const auto& role = config->settings(asker_.role);
    if (role.num_ctx)
      return *role.num_ctx;
  }
  // Ollama decides, and tells for the models in memory. A program pays for no further request.
  if (!person_ || last_model_.empty())
    return 0;
  if (window_model_ != last_model_) {
    const auto running = asker_.session.llm().running_models();
    if (!running)
      return 0;
    const auto& models = running->models;
    const auto found = std::find_if(models.begin(), models.end(), [this](const auto& model) {
      return same_model(model.name, last_model_);
    });
    model_window_ = found == models.end() ? 0 : found->context_length;
    window_model_ = last_model_;
  }
  return model_window_;
}

/// Says how full the context window was after the last answer.
std::string Chat::fill() {
  const auto used = last_stats_.prompt_eval_count + last_stats_.eval_count;
  const auto size = window();
  auto text = std::to_string(used);
  if (size > 0)
    return text + " of " + std::to_string(size) + " tokens (" + std::to_string(used * 100 / size) +
           " %)";
  return text + " tokens";
}

void Chat::show_tokens() {
  if (last_stats_.prompt_eval_count + last_stats_.eval_count == 0) {
    output_.message("No token has been counted yet.");
    return;
  }
  output_.message("The last answer: " + std::to_string(last_stats_.prompt_eval_count) +
                  " tokens in, " + std::to_string(last_stats_.eval_count) +
                  " out. In the window: " + fill() + ".");
}

void Chat::warn_if_nearly_full() {
  const auto used = last_stats_.prompt_eval_count + last_stats_.eval_count;
  const auto size = used > 0 ? window() : 0;
  if (size == 0 || used * 100 < size * full_percent)
    return;
  output_.warning("The conversation takes " + fill() +
                  " of its window. Beyond it Ollama forgets the beginning" +
                  (person_ ? "; /set num_ctx N widens it, /clear begins anew." : "."));
}

void Chat::attach(const std::string& path) {
  if (path.empty()) {
    images_.clear();
    output_.message("No image is attached.");
    return;
  }
  auto image = read_image(expand_home(path, process_environment()).string());
  if (!image) {
    refuse(image.error());
    return;
  }
  images_.push_back(std::move(*image));
  output_.message("The next message has " + count_of(images_.size(), "image") + ".");
}

void Chat::save_as(const std::string& name) {
  if (!store_) {
    refuse(no_store());
    return;
  }
  const auto wanted = name.empty() ? name_ : name;
  if (wanted.empty() || (name.empty() && name_ == unnamed)) {
    output_.message("Name the conversation: /save NAME.");
    return;
  }
  if (wanted != name_ && store_->contains(wanted) &&
      !confirm("There is a conversation " + wanted + " already. Replace it?"))
    return;
  const auto before = std::exchange(name_, wanted);
  auto conversation = conversation_now();
  const auto* known = kept_ && before == wanted ? &*kept_ : nullptr;
  if (const auto saved = store_->save(name_, conversation, known); !saved) {
    name_ = before;
    refuse(saved.error());
    return;
  }
  kept_ = std::move(conversation);
  output_.message("The conversation is saved as " + name_ + ", and each further answer with it.");
}

void Chat::load(const std::string& name) {
  if (!store_) {
    refuse(no_store());
    return;
  }
  if (name.empty()) {
    const auto names = store_->names();
    for (const auto& known : names)
      output_.message(known);
    if (names.empty())
      output_.message("No conversation is saved.");
    return;
  }
  auto conversation = store_->load(name);
  auto replaced = conversation ? settings_.replace(conversation->options)
                               : Result<void>{failure(conversation.error())};
  if (!replaced) {
    refuse(replaced.error());
    return;
  }
  name_ = name;
  settings_.options().model = first_model_;
  settings_.options().system = first_system_;
  use(std::move(*conversation));
  output_.message("The conversation " + name + " goes on; it has " +
                  count_of(messages_.size(), "message") + ".");
}

Conversation Chat::conversation_now() const {
  return {.model = settings_.options().model,
          .system = settings_.options().system,
          .options = settings_.changed(),
          .messages = messages_};
}

/// Takes over what was saved, except for what the command line sets.
void Chat::use(Conversation conversation) {
  kept_ = conversation;
  messages_ = std::move(conversation.messages);
  images_.clear();
  last_stats_ = {};
  if (first_model_.empty())
    settings_.options().model = std::move(conversation.model);
  if (!first_system_)
    settings_.options().system = std::move(conversation.system);
}

void Chat::keep() {
  if (name_.empty() || !store_)
    return;
  auto conversation = conversation_now();
  // A name belongs to one conversation at a time; those without share theirs.
  const auto* known = kept_ && name_ != unnamed ? &*kept_ : nullptr;
  const auto saved = store_->save(name_, conversation, known);
  if (saved) {
    kept_ = std::move(conversation);
    return;
  }
  output_.warning("The conversation is not saved any more: " + saved.error().subject + ".");
  name_.clear();
}

} // namespace nexus::llm::cli
