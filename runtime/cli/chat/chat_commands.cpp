// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/chat/chat_commands.hpp"

#include <algorithm>
#include <utility>

#include "config/config_file.hpp"
#include "config/model_name.hpp"
#include "config/text.hpp"
#include "runtime/cli/count_text.hpp"
#include "runtime/cli/image_file.hpp"
#include "runtime/cli/state_directory.hpp"
#include "runtime/cli/terminal/progress_display.hpp"

namespace nexus::llm::cli {

namespace {

/// Ends a download from within its reports.
struct PullStopped {};

std::string row(std::string label, const std::string& value) {
  constexpr std::size_t width = 14;
  label.resize(width, ' ');
  return label + value + "\n";
}

} // namespace

bool ChatCommands::run(const ChatLine& command) {
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
    turns_.retry();
    break;
  case ChatVerb::undo:
    turns_.undo();
    break;
  case ChatVerb::image:
    attach(command.text);
    break;
  case ChatVerb::save:
    keeper_.save_as(command.text, reader_);
    break;
  case ChatVerb::load:
    keeper_.load(command.text);
    break;
  case ChatVerb::help:
    output_.aside(chat_help());
    break;
  case ChatVerb::leave:
    return false;
  }
  return true;
}

void ChatCommands::clear() {
  state_.messages.clear();
  state_.images.clear();
  state_.last_stats = {};
  keeper_.leave();
}

void ChatCommands::set_system(const std::string& text) {
  state_.settings.options().system = text.empty() ? state_.first_system : text;
  output_.message(text.empty() ? "The system text is that of the role again."
                               : "The system text is set.");
}

void ChatCommands::set_model(const std::string& name) {
  if (name.empty()) {
    state_.settings.options().model = state_.first_model;
    output_.message("The model of the role answers again.");
    return;
  }
  if (!is_valid_model_name(name)) {
    exit_.refuse({.code = ErrorCode::invalid_model_name, .subject = "`" + name + "`"});
    return;
  }
  output_.status("asking Ollama ...");
  const auto installed = asker_.session.llm().check_model_available(name);
  output_.clear_status();
  if (!installed) {
    exit_.refuse(installed.error());
    return;
  }
  if (!*installed &&
      (!reader_.confirm("The model " + name + " is not installed. Download it?") || !pull(name))) {
    output_.message("The model stays " + model_in_force() + ".");
    return;
  }
  state_.settings.options().model = name;
  output_.message("The model " + name + " answers from now on.");
}

/// Downloads a model. Ctrl-C stops it.
bool ChatCommands::pull(const std::string& name) {
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
    exit_.refuse(result.error());
  if (!interrupts.terminated())
    interrupts.reset();
  return result.has_value();
}

void ChatCommands::set_option(const std::string& text) {
  const auto end = std::min(text.find_first_of(white_space), text.size());
  const auto name = text.substr(0, end);
  const auto value = trim(std::string_view{text}.substr(end));
  if (name.empty()) {
    std::string names;
    for (const auto known : ChatSettings::names())
      names += (names.empty() ? "" : ", ") + std::string{known};
    for (const auto& option : state_.settings.in_force())
      output_.message(option.name + " " + option.value);
    output_.message("Options: " + names + ".");
    return;
  }
  if (!value.empty()) {
    if (const auto set = state_.settings.set(name, value); !set) {
      exit_.refuse(set.error());
      return;
    }
  }
  const auto now = state_.settings.value(name);
  if (now)
    output_.message(name + " " + *now);
  else
    exit_.refuse(now.error());
}

std::string ChatCommands::model_in_force() const {
  if (const auto& model = state_.settings.options().model; !model.empty())
    return model;
  const auto model = asker_.session.llm().get_model_for_role(asker_.role);
  return model ? *model : state_.last_model;
}

void ChatCommands::show() {
  const auto& options = state_.settings.options();
  std::string set;
  for (const auto& option : state_.settings.in_force())
    set += (set.empty() ? "" : ", ") + option.name + " " + option.value;
  auto system = options.system;
  if (!system)
    if (const auto config = asker_.session.llm().load_config();
        config && !config->settings(asker_.role).system.empty())
      system = config->settings(asker_.role).system;
  auto text = row("model", model_in_force()) + row("role", std::string{to_string(asker_.role)}) +
              row("system", system.value_or("that of the model")) +
              row("options", set.empty() ? "those of the role" : set) +
              row("messages", std::to_string(state_.messages.size())) +
              row("window", window_.fill());
  if (!state_.images.empty())
    text += row("attached", count_of(state_.images.size(), "image"));
  if (!keeper_.name().empty())
    text += row("saved as", keeper_.name());
  output_.aside(text);
}

void ChatCommands::show_tokens() {
  if (state_.tokens() == 0) {
    output_.message("No token has been counted yet.");
    return;
  }
  output_.message("The last answer: " + std::to_string(state_.last_stats.prompt_eval_count) +
                  " tokens in, " + std::to_string(state_.last_stats.eval_count) +
                  " out. In the window: " + window_.fill() + ".");
}

void ChatCommands::attach(const std::string& path) {
  if (path.empty()) {
    state_.images.clear();
    output_.message("No image is attached.");
    return;
  }
  auto image = read_image(expand_home(path, process_environment()).string());
  if (!image) {
    exit_.refuse(image.error());
    return;
  }
  state_.images.push_back(std::move(*image));
  output_.message("The next message has " + count_of(state_.images.size(), "image") + ".");
}

} // namespace nexus::llm::cli
