// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/output.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "runtime/cli/json_output.hpp"
#include "runtime/cli/stream_io.hpp"
#include "runtime/cli/terminal/terminal_size.hpp"
#include "runtime/cli/terminal/text_width.hpp"

namespace nexus::llm::cli {

namespace {

bool colour_wanted() {
  const auto* no_color = std::getenv("NO_COLOR");
  return (no_color == nullptr || *no_color == '\0') && terminal_understands_escapes();
}

std::string_view colour_of(Style style) {
  switch (style) {
  case Style::plain:
    return "";
  case Style::bad:
    return "\033[1;31m";
  case Style::warning:
    return "\033[33m";
  case Style::good:
    return "\033[32m";
  case Style::faint:
    return "\033[2m";
  }
  return "";
}

} // namespace

bool terminal_understands_escapes() {
  const auto* term = std::getenv("TERM");
  return term != nullptr && *term != '\0' && std::string_view{term} != "dumb";
}

Output::Output(const CommonOptions& common)
    : json_{common.json}, verbose_{common.verbose}, answer_terminal_{::isatty(STDOUT_FILENO) == 1},
      error_terminal_{::isatty(STDERR_FILENO) == 1}, status_wanted_{error_terminal_ &&
                                                                    terminal_understands_escapes()},
      colour_wanted_{colour_wanted()}, layout_wanted_{answer_terminal_ && !common.json &&
                                                      !common.plain &&
                                                      terminal_understands_escapes()} {}

// A status that fills the last cell would wrap on some terminals, and could not be erased.
std::size_t Output::status_width() { return terminal_columns(STDERR_FILENO) - 1; }

bool Output::answer(std::string_view text) {
  std::lock_guard lock{mutex_};
  begin_message();
  return write_answer(text);
}

bool Output::answer_styled(std::string_view text, Style style) {
  std::lock_guard lock{mutex_};
  begin_message();
  line_begun_ = true;
  return send_answer(styled(text, style, answer_terminal_));
}

bool Output::answer_table(std::string_view table) {
  if (!answer_terminal_)
    return answer(table);
  std::string clipped;
  const auto width = terminal_columns(STDOUT_FILENO);
  while (!table.empty()) {
    const auto end = std::min(table.find('\n'), table.size());
    const auto line = TerminalFilter{}(table.substr(0, end));
    clipped += std::string{clip_to_width(line, width)} + "\n";
    table.remove_prefix(std::min(end + 1, table.size()));
  }
  return answer(clipped);
}

bool Output::answer_drawn(std::string_view text) {
  if (text.empty())
    return !write_failed();
  std::lock_guard lock{mutex_};
  begin_message();
  line_begun_ = !text.ends_with('\n');
  return send_answer(text);
}

bool Output::write_failed() {
  std::lock_guard lock{mutex_};
  return write_error_ != 0;
}

void Output::finish_line() {
  std::lock_guard lock{mutex_};
  if (line_begun_)
    write_answer("\n");
}

bool Output::line(std::string_view text) {
  std::lock_guard lock{mutex_};
  begin_message();
  return write_answer(std::string{text} + "\n");
}

bool Output::bytes(std::string_view content) {
  std::lock_guard lock{mutex_};
  begin_message();
  return send_answer(content);
}

bool Output::write_answer(std::string_view text) {
  if (!text.empty())
    line_begun_ = !text.ends_with('\n');
  return answer_terminal_ ? send_answer(answer_filter_(text)) : send_answer(text);
}

bool Output::send_answer(std::string_view text) {
  if (write_error_ == 0)
    write_error_ = write_all(STDOUT_FILENO, text);
  return write_error_ == 0;
}

void Output::aside(std::string_view text, Style style) {
  if (text.empty())
    return;
  std::lock_guard lock{mutex_};
  if (!aside_begun_)
    begin_message();
  aside_begun_ = !text.ends_with('\n');
  write_message(
      styled(error_terminal_ ? message_filter_(text) : std::string{text}, style, error_terminal_));
}

void Output::finish_aside() {
  std::lock_guard lock{mutex_};
  if (aside_begun_)
    begin_message();
}

void Output::aside_ended_by_user() {
  std::lock_guard lock{mutex_};
  aside_begun_ = false;
}

void Output::message(std::string_view text) {
  std::lock_guard lock{mutex_};
  begin_message();
  write_message(error_terminal_ ? message_filter_(text) : std::string{text});
  write_message("\n");
}

void Output::warning(std::string_view text) {
  finish_aside();
  aside("warning: ", Style::warning);
  aside(std::string{text} + "\n");
}

int Output::fail(const LLMError& error) {
  finish_line();
  if (json_)
    object(Failure{error_object(error)});
  // The reader has closed stdout and thereby cancelled the request.
  if (error.code == ErrorCode::cancelled && write_failed() && write_error_ != ECANCELED)
    return success();
  clear_status();
  finish_aside();
  aside("error: ", Style::bad);
  aside(sentence(error) + "\n");
  if (verbose_ && error.http_status != 0)
    message("HTTP status: " + std::to_string(error.http_status));
  if (verbose_ && !error.detail.empty())
    message("detail: " + error.detail);
  return exit_code(category(error.code));
}

void Output::status(std::string_view text) {
  if (!status_wanted_)
    return;
  std::lock_guard lock{mutex_};
  const auto safe = TerminalFilter{}(text);
  if (!status_shown_)
    begin_message();
  const auto shown = clip_to_width(safe, status_width());
  erase_status();
  write_message(shown);
  status_shown_ = true;
  status_cells_ = width_of(shown);
}

void Output::clear_status() {
  std::lock_guard lock{mutex_};
  if (status_shown_)
    begin_message();
}

int Output::success() {
  finish_line();
  clear_status();
  finish_aside();
  if (write_error_ == 0 || write_error_ == EPIPE)
    return 0;
  if (write_error_ == ECANCELED)
    return fail({.code = ErrorCode::cancelled});
  message("error: The answer could not be written: " +
          std::generic_category().message(write_error_) + ".");
  return exit_code(ErrorCategory::internal);
}

/// Clears the status and ends incomplete lines.
void Output::begin_message() {
  if (status_shown_)
    erase_status();
  else if (aside_begun_)
    write_message("\n");
  status_shown_ = false;
  aside_begun_ = false;
}

/// Without colour, also without an escape sequence.
void Output::erase_status() {
  write_message(colour_wanted_ ? "\r\033[K" : "\r" + std::string(status_cells_, ' ') + "\r");
  status_cells_ = 0;
}

void Output::write_message(std::string_view text) {
  // There is no place to report a failure of stderr.
  static_cast<void>(write_all(STDERR_FILENO, text));
}

std::string Output::styled(std::string_view text, Style style, bool terminal) const {
  if (!colour_wanted_ || !terminal || style == Style::plain)
    return std::string{text};
  return std::string{colour_of(style)} + std::string{text} + "\033[0m";
}

} // namespace nexus::llm::cli
