// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/embed/embed_input.hpp"

#include <unistd.h>

#include "config/json.hpp"
#include "config/text_encoding.hpp"
#include "runtime/cli/prompt_source.hpp"

namespace nexus::llm::cli {

namespace {

/// Reads a line that is a JSON text, or an object with `text` and perhaps `id`.
Result<EmbedText> text_in_json(const std::string& line, const std::string& place) {
  const auto wrong = [&place](const std::string& what) {
    return failure(ErrorCode::invalid_argument, place + ": " + what);
  };
  const auto value = json::parse(line);
  if (!value)
    return wrong("it is not JSON: " + value.error().what);
  if (value->IsString())
    return EmbedText{.text = std::string{json::text_of(*value)}};
  if (!value->IsObject())
    return wrong("it must be a text, or an object with `text`");
  EmbedText text;
  bool found = false;
  for (const auto& member : value->GetObject()) {
    const auto name = json::text_of(member.name);
    if (name == "text" && member.value.IsString()) {
      text.text = json::text_of(member.value);
      found = true;
    } else if (name == "id" && (member.value.IsString() || member.value.IsInt64())) {
      text.id = json::to_text(member.value);
    } else if (name == "text" || name == "id") {
      return wrong("`" + std::string{name} + "` must be a text");
    } else {
      return wrong("there is no member `" + std::string{name} + "`; `text` and `id` are known");
    }
  }
  if (!found)
    return wrong("it has no `text`");
  return text;
}

} // namespace

Result<EmbedInput> EmbedInput::open(const EmbedArguments& arguments) {
  EmbedInput input{arguments};
  for (const auto& text : arguments.texts)
    input.sources_.push_back({text, text != "-"});
  for (const auto& file : arguments.files)
    input.sources_.push_back({file, false});
  if (input.sources_.empty()) {
    if (::isatty(STDIN_FILENO) == 1)
      return failure(ErrorCode::invalid_prompt,
                     "no text is given; write it behind the command, name a file with -f, or pipe "
                     "it in");
    input.sources_.push_back({"-", false});
  }
  return input;
}

Result<std::optional<EmbedText>> EmbedInput::next() {
  for (;;) {
    if (input_) {
      auto line = next_line();
      if (!line || *line)
        return line;
      input_.reset();
    }
    if (next_ == sources_.size())
      return std::optional<EmbedText>{};
    const auto& source = sources_[next_++];
    name_ = source.name == "-" && !source.is_text ? "stdin" : source.name;
    if (!source.is_text && (arguments_.lines || arguments_.jsonl)) {
      auto opened = LineInput::open(source.name);
      if (!opened)
        return failure(std::move(opened.error()));
      input_.emplace(std::move(*opened));
      continue;
    }
    EmbedText text{.text = source.name};
    if (source.is_text) {
      if (const auto fault = text_fault(text.text); !fault.empty())
        return failure(ErrorCode::invalid_argument, "a text " + fault);
    } else {
      auto content = source.name == "-" ? read_prompt({.words = {"-"}, .files = {}, .taken = {}})
                                        : read_text_file(source.name);
      if (!content)
        return failure(std::move(content.error()));
      while (content->ends_with('\n') || content->ends_with('\r'))
        content->pop_back();
      text = {.text = std::move(*content), .file = name_};
    }
    if (text.text.empty())
      return failure(ErrorCode::invalid_argument, (source.is_text ? "a text" : "`" + name_ + "`") +
                                                      " is empty, and has no embedding");
    return std::optional{std::move(text)};
  }
}

Result<std::optional<EmbedText>> EmbedInput::next_line() {
  auto line = input_->next();
  if (!line)
    return failure(std::move(line.error()));
  if (!*line)
    return std::optional<EmbedText>{};
  EmbedText text;
  if (arguments_.jsonl) {
    auto parsed = text_in_json((*line)->text, input_->place((*line)->number));
    if (!parsed)
      return failure(std::move(parsed.error()));
    text = std::move(*parsed);
  } else {
    text.text = std::move((*line)->text);
  }
  if (text.text.empty())
    return failure(ErrorCode::invalid_argument,
                   input_->place((*line)->number) + ": the text is empty, and has no embedding");
  text.file = name_;
  text.line = (*line)->number;
  return std::optional{std::move(text)};
}

} // namespace nexus::llm::cli
