// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/edited_lines.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "runtime/cli/stream_io.hpp"
#include "runtime/cli/terminal/external_editor.hpp"

namespace nexus::llm::cli {

namespace {

/// Returns the stream that is a terminal, preferably stderr, so that stdout can be redirected; -1
/// if there is none.
int display_descriptor() {
  for (const int stream : {STDERR_FILENO, STDOUT_FILENO})
    if (::isatty(stream) == 1)
      return stream;
  return -1;
}

} // namespace

bool EditedLines::possible() {
  return ::isatty(STDIN_FILENO) == 1 && display_descriptor() >= 0 && terminal_understands_escapes();
}

EditedLines::EditedLines(Interrupts& interrupts, Output& output, std::optional<HistoryFile> history)
    : interrupts_{interrupts}, output_{output}, display_{display_descriptor()}, terminal_{display_},
      history_{std::move(history)} {
  if (history_)
    for (auto& text : history_->load()) {
      remembered_ = text;
      editor_.history().add(std::move(text));
    }
}

LineSource::Event EditedLines::next(std::string_view sign, std::string& line) {
  output_.finish_line();
  output_.clear_status();
  show(editor_.begin(sign, screen_size(), std::exchange(proposed_, {})));
  const auto event = read(sign, line);
  if (event == Event::line || event == Event::text)
    remember(line);
  return event;
}

LineSource::Event EditedLines::ask(std::string_view question, std::string& line) {
  output_.finish_line();
  output_.clear_status();
  show(editor_.begin_answer(question, screen_size()));
  return read(question, line);
}

/// Reads keys up to the end of a text.
LineSource::Event EditedLines::read(std::string_view sign, std::string& line) {
  // The caller checks for interrupts; without an action, an interrupt would terminate the program.
  const auto noticing = interrupts_.during([] {});
  const RawTerminal::DropOnInterrupt dropping;
  for (;;) {
    Event event = Event::end;
    const auto key = next_key(event);
    if (!key) {
      line = editor_.text();
      keys_.clear();
      show(editor_.leave());
      return event;
    }
    std::string output;
    const auto outcome = editor_.press(*key, output);
    show(output);
    switch (outcome) {
    case LineEditor::Event::none:
      break;
    case LineEditor::Event::end:
      return Event::end;
    case LineEditor::Event::line:
      line = editor_.text();
      return line.find('\n') == std::string::npos ? Event::line : Event::text;
    case LineEditor::Event::complete:
      if (completer_)
        show(editor_.complete(completer_(editor_.before_cursor())));
      break;
    case LineEditor::Event::edit:
      edit_in_program(sign);
      break;
    }
  }
}

void EditedLines::edit_in_program(std::string_view sign) {
  auto text = editor_.text();
  show(editor_.leave());
  terminal_.lend();
  auto edited = edit_elsewhere(text, display_);
  terminal_.take_back();
  if (edited)
    text = std::move(*edited);
  else
    output_.message("The text stays as it was: " + edited.error().subject + ".");
  show(editor_.begin(sign, screen_size(), std::move(text)));
}

/// Keeps a text for later conversations. What could not be written, on a full disk for example, is
/// written with a later text; only the first failure is told.
void EditedLines::remember(const std::string& text) {
  if (!history_ || text.empty() || text == remembered_)
    return;
  remembered_ = text;
  unwritten_.push_back(text);
  for (; !unwritten_.empty(); unwritten_.pop_front())
    if (const auto error = history_->add(unwritten_.front())) {
      if (!std::exchange(told_of_failure_, true))
        output_.warning("The input is not kept for later conversations: " + error.message() + ".");
      return;
    }
}

bool EditedLines::propose(std::string text) {
  proposed_ = std::move(text);
  return true;
}
std::optional<Key> EditedLines::next_key(Event& event) {
  std::array<char, 4096> piece{};
  for (;;) {
    if (interrupts_.interrupted()) {
      event = Event::interrupt;
      return std::nullopt;
    }
    if (auto key = keys_.next())
      return key;
    std::array<pollfd, 3> entries{pollfd{STDIN_FILENO, POLLIN, 0},
                                  pollfd{interrupts_.descriptor(), POLLIN, 0},
                                  pollfd{terminal_.resumed(), POLLIN, 0}};
    const auto ready = ::poll(entries.data(), entries.size(), -1);
    if (ready > 0 && entries[2].revents != 0) {
      terminal_.forget_resumed();
      show(editor_.show_again());
    }
    if (ready <= 0 || entries[0].revents == 0)
      continue;
    const auto count = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (const auto size = screen_size(); size != editor_.screen())
      show(editor_.resize(size));
    if (count > 0) {
      keys_.feed({piece.data(), static_cast<std::size_t>(count)});
    } else if (count == 0) {
      event = Event::end;
      return std::nullopt;
    } else if (errno != EINTR && errno != EAGAIN) {
      error_ = {.code = ErrorCode::invalid_argument,
                .subject = "stdin cannot be read: " + std::generic_category().message(errno)};
      event = Event::broken;
      return std::nullopt;
    }
  }
}

void EditedLines::show(const std::string& sequence) const {
  // There is no place to report a failure of the terminal.
  static_cast<void>(write_all(display_, sequence));
}

ScreenSize EditedLines::screen_size() const {
  winsize size{};
  if (::ioctl(display_, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
    return {};
  return {std::max<std::size_t>(size.ws_col, 8), std::max<std::size_t>(size.ws_row, 2)};
}

} // namespace nexus::llm::cli
