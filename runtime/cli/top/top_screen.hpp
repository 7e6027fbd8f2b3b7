// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "nexus_llm/result.hpp"
#include "runtime/cli/terminal/text_style.hpp"
#include "runtime/cli/top/top_control.hpp"

namespace nexus::llm::cli {

/// The terminal as a screen: draws lines and reads keys, with ncurses. Only what has changed is
/// written. The terminal is as before when this is destroyed, while the program is suspended, and
/// when an interrupt ends it.
///
/// Only one instance at a time per process. Main thread only. Handles SIGWINCH, which other threads
/// should block; SIGTSTP from elsewhere is ignored.
class TopScreen {
public:
  /// Tells whether stdin and stdout are a terminal that can move its cursor.
  /// Errors: `invalid_argument`.
  [[nodiscard]] static Result<void> check_terminal();
  /// Errors: those of `check_terminal`; `invalid_argument` if terminfo does not know the terminal.
  [[nodiscard]] static Result<std::unique_ptr<TopScreen>> open();
  ~TopScreen();
  TopScreen(const TopScreen&) = delete;
  TopScreen& operator=(const TopScreen&) = delete;

  [[nodiscard]] std::size_t rows() const;
  [[nodiscard]] std::size_t columns() const;
  void draw(const std::vector<StyledText>& lines);
  /// Returns the next key, if one was pressed.
  [[nodiscard]] std::optional<TopKey> read_key();

private:
  /// Lets Ctrl-Z arrive as a key instead of a signal.
  static void read_suspend_as_key();
  /// Gives the terminal back, and draws again when the process goes on.
  static void suspend();
  struct Deleter {
    void operator()(void* screen) const;
  };
  explicit TopScreen(void* screen);

  std::unique_ptr<void, Deleter> screen_; ///< a `SCREEN`
};

} // namespace nexus::llm::cli
