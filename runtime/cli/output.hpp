#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "config/json.hpp"
#include "nexus_llm/errors.hpp"
#include "runtime/cli/common_options.hpp"
#include "runtime/cli/terminal_filter.hpp"

namespace nexus::llm::cli {

/// Whether TERM names a terminal to which escape sequences may be written.
[[nodiscard]] bool terminal_understands_escapes();

/// Emphasis of a word on a terminal; nothing where colour is not wanted.
enum class Style : std::uint8_t { plain, bad, warning, good, faint };

/// Where a command writes: answers to stdout, everything else to stderr. What goes to a terminal is
/// filtered, and coloured unless NO_COLOR says otherwise. Any thread.
///
/// A stream that is not ready is waited for. A reader that closes stdout is no error: what follows
/// is dropped, and the program ends with 0.
class Output {
public:
  explicit Output(const CommonOptions& common);

  [[nodiscard]] bool json() const noexcept { return json_; }
  [[nodiscard]] bool verbose() const noexcept { return verbose_; }
  /// Whether a status is shown: on a terminal that can take a line back.
  [[nodiscard]] bool shows_status() const noexcept { return status_wanted_; }

  /// Writes a piece of an answer. False once stdout takes no more.
  bool answer(std::string_view text);
  /// Writes a word of our own, coloured where stdout is a terminal.
  bool answer_styled(std::string_view text, Style style);
  /// Whether stdout takes no more: its reader left, or its disk is full.
  [[nodiscard]] bool write_failed();
  /// Ends the line that the answer began, if it did.
  void finish_line();
  /// Writes one line of an answer.
  bool line(std::string_view text);
  /// Writes a JSON value as one line of an answer.
  bool object(const json::Value& value) { return line(json::to_text(value)); }

  /// Writes a piece of text to stderr, as it is.
  void aside(std::string_view text, Style style = Style::plain);
  /// Ends the line that an aside began, if it did.
  void finish_aside();
  /// The person at the terminal ended the line that an aside began.
  void aside_ended_by_user();
  /// Writes one line to stderr.
  void message(std::string_view text);
  void warning(std::string_view text);
  /// Tells of a failure: a sentence to stderr, the detail with it where it is wanted, and an object
  /// to stdout where JSON is wanted. Returns the exit code.
  int fail(const LLMError& error);

  /// Shows a line that the next message replaces, where `shows_status`.
  void status(std::string_view text);
  void clear_status();

  /// The exit code of a command that went well, as far as its answer could be written.
  [[nodiscard]] int success();

private:
  bool write_answer(std::string_view text);
  void write_message(std::string_view text);
  void begin_message();
  bool send_answer(std::string_view text);
  /// `text` in the colour of `style` where the stream it goes to is a terminal.
  [[nodiscard]] std::string styled(std::string_view text, Style style, bool terminal) const;

  const bool json_;
  const bool verbose_;
  const bool answer_terminal_;
  const bool error_terminal_;
  const bool status_wanted_;
  const bool colour_wanted_;
  std::mutex mutex_;
  TerminalFilter answer_filter_;
  TerminalFilter message_filter_;
  bool line_begun_ = false;   ///< on stdout
  bool aside_begun_ = false;  ///< on stderr
  bool status_shown_ = false; ///< on stderr
  int write_error_ = 0;       ///< of stdout; 0 while it works
};

/// Writes the error object of `--json`.
[[nodiscard]] json::Value error_object(const LLMError& error, json::Allocator& allocator);

} // namespace nexus::llm::cli
