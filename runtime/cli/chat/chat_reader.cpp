// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/chat/chat_reader.hpp"

#include <utility>

#include "config/text.hpp"

namespace nexus::llm::cli {

namespace {

constexpr std::string_view quotes = "\"\"\"";

} // namespace

std::optional<ChatReader::Message> ChatReader::read() {
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
  return whole ? Message{std::move(line), !exit_.person()} : Message{};
}

/// Reads the rest of a message between quotes. The end of the input ends it as well.
std::optional<ChatReader::Message> ChatReader::read_quoted(std::string text, bool whole) {
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
  if (!closed && exit_.code() != 0)
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
LineSource::Event ChatReader::read_line(std::string_view sign, std::string& line, bool inside) {
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
      exit_.refuse(lines_->error());
      return event;
    case Event::broken:
      exit_.fail(lines_->error());
      return Event::end;
    case Event::interrupt:
      if (interrupts_.terminated() || !exit_.person())
        exit_.end(exit_code(ErrorCategory::cancelled));
      // Who drops a text does not leave.
      leaving_ = leaving_ && line.empty();
      if (leaving_ || exit_.code() != 0)
        return Event::end;
      interrupts_.reset();
      if (inside) {
        output_.message("(The message is dropped.)");
        return event;
      }
      if (!line.empty())
        continue;
      leaving_ = true;
      output_.message("(Ctrl-C again or /bye leaves.)");
    }
  }
}

bool ChatReader::confirm(const std::string& question) {
  std::string line;
  const auto event = lines_->ask(question + " [y/N] ", line);
  if (event == Event::interrupt && !interrupts_.terminated())
    interrupts_.reset();
  const auto answer = trim(line);
  return event == Event::line && (answer == "y" || answer == "Y" || answer == "yes");
}

void ChatReader::answer_was_interrupted() {
  leaving_ = true;
  interrupts_.reset();
}

} // namespace nexus::llm::cli
