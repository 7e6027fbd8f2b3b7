// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "config/describe_json.hpp"
#include "config/json.hpp"
#include "nexus_llm/errors.hpp"
#include "runtime/cli/common_options.hpp"
#include "runtime/cli/terminal/terminal_filter.hpp"

namespace nexus::llm::cli {

/// Whether TERM names a terminal that supports escape sequences.
[[nodiscard]] bool terminal_understands_escapes();

/// Emphasis of a word on a terminal; ignored if colour is disabled.
enum class Style : std::uint8_t { plain, bad, warning, good, faint };

/// The output of a command: answers go to stdout, everything else to stderr. Filters output to a
/// terminal, and colours it unless NO_COLOR is set. Thread-safe.
///
/// Blocks while a stream is not ready. A reader that closes stdout is not an error: further output
/// is dropped, and the program exits with 0.
class Output {
public:
  explicit Output(const CommonOptions& common);

  [[nodiscard]] bool json() const noexcept { return json_; }
  [[nodiscard]] bool verbose() const noexcept { return verbose_; }
  /// Whether a status line is shown: only on a terminal that can erase a line.
  [[nodiscard]] bool shows_status() const noexcept { return status_wanted_; }
  /// Returns the width of the status line in cells.
  [[nodiscard]] static std::size_t status_width();
  /// Whether stdout is a terminal.
  [[nodiscard]] bool answers_terminal() const noexcept { return answer_terminal_; }

  /// Writes a part of an answer. Returns false if stdout is no longer writable.
  bool answer(std::string_view text);
  /// Writes a word of the program itself, coloured if stdout is a terminal.
  bool answer_styled(std::string_view text, Style style);
  /// Writes a table whose lines may be long: on a terminal, each is cut at its width.
  bool answer_table(std::string_view table);
  /// Writes a part of an answer that is ready for a terminal: unlike `answer`, filters nothing.
  bool answer_drawn(std::string_view text);
  /// Whether answers are laid out for a person: on a terminal that is not told to be plain.
  [[nodiscard]] bool lays_out() const noexcept { return layout_wanted_; }
  /// Whether styles may be used for answers.
  [[nodiscard]] bool styles_answers() const noexcept { return answer_terminal_ && colour_wanted_; }
  /// Whether stdout is no longer writable: its reader has closed it, or the disk is full.
  [[nodiscard]] bool write_failed();
  /// Ends an incomplete line of the answer.
  void finish_line();
  /// Writes one line of an answer.
  bool line(std::string_view text);
  /// Writes bytes that are not text, such as numbers, without a line end. Not to a terminal.
  bool bytes(std::string_view content);
  /// Writes a structure as one line of JSON. `json_contract.cpp` lists what each command writes.
  template <class T> bool object(const T& value) {
    json::Document document;
    return line(json::to_text(json::to_value(value, document.GetAllocator())));
  }

  /// Writes a part of a text to stderr, without a line end.
  void aside(std::string_view text, Style style = Style::plain);
  /// Ends an incomplete line of an aside.
  void finish_aside();
  /// Notes that the user has ended the line of an aside at the terminal.
  void aside_ended_by_user();
  /// Writes one line to stderr.
  void message(std::string_view text);
  void warning(std::string_view text);
  /// Reports a failure: a sentence to stderr, the detail in verbose mode, and an object to stdout
  /// in JSON mode. Returns the exit code.
  int fail(const LLMError& error);

  /// If `shows_status`, shows a line that the next message replaces.
  void status(std::string_view text);
  void clear_status();

  /// Returns the exit code of a successful command, depending on whether its answer could be
  /// written.
  [[nodiscard]] int success();
  /// Tells that another writer to stdout has failed with this `errno`, or 0.
  void note_write_error(int error) { write_error_ = error; }

private:
  bool write_answer(std::string_view text);
  void write_message(std::string_view text);
  void begin_message();
  void erase_status();
  bool send_answer(std::string_view text);
  /// Returns `text` in the colour of `style` if `terminal` is true.
  [[nodiscard]] std::string styled(std::string_view text, Style style, bool terminal) const;

  const bool json_;
  const bool verbose_;
  const bool answer_terminal_;
  const bool error_terminal_;
  const bool status_wanted_;
  const bool colour_wanted_;
  const bool layout_wanted_;
  std::mutex mutex_;
  TerminalFilter answer_filter_;
  TerminalFilter message_filter_;
  bool line_begun_ = false;   ///< on stdout
  bool aside_begun_ = false;  ///< on stderr
  bool status_shown_ = false; ///< on stderr
  std::size_t status_cells_ = 0;
  int write_error_ = 0; ///< `errno` of stdout; 0 if there was no error
};

} // namespace nexus::llm::cli
