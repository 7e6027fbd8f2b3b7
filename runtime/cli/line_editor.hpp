// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/cli/key_decoder.hpp"

namespace nexus::llm::cli {

/// The size of a terminal in cells: at least 8 times 2.
struct ScreenSize {
  std::size_t columns = 80;
  std::size_t rows = 24;

  bool operator==(const ScreenSize&) const = default;
};

/// Edits a text of any length at a terminal, with a history of previous texts. Performs no I/O: it
/// receives keys and returns the output for the terminal. Not thread-safe.
class LineEditor {
public:
  enum class Event : std::uint8_t {
    none,
    line, ///< `text()` is the entered text
    end,  ///< end of the input
  };

  /// Starts a new text after a prompt. Returns the output.
  [[nodiscard]] std::string begin(std::string_view sign, ScreenSize screen);
  /// Processes a key; stores the output in `output`.
  [[nodiscard]] Event press(const Key& key, std::string& output);
  /// Moves the cursor behind the text, so that other output may follow. Returns the output.
  [[nodiscard]] std::string leave();
  /// Adapts to a new size of the terminal. Returns the output.
  [[nodiscard]] std::string resize(ScreenSize screen);
  /// Shows the text again, after the output of others. Returns the output.
  [[nodiscard]] std::string show_again();

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] const ScreenSize& screen() const noexcept { return screen_; }

private:
  struct Row {
    std::string shown;
    bool line_end = false; ///< needs an explicit line break after the row
  };
  struct Place {
    std::size_t row = 0;
    std::size_t column = 0;
  };
  struct Picture {
    std::vector<Row> rows;
    Place cursor;
  };

  [[nodiscard]] Picture draw() const;
  [[nodiscard]] std::string show();
  void insert(std::string_view inserted, std::string& output);
  [[nodiscard]] bool append(std::string_view inserted, std::string& output);
  void erase(std::size_t from, std::size_t to, bool keep, std::string& output);
  void recall(std::size_t place, std::string& output);
  void remember();
  [[nodiscard]] std::size_t word_left() const;
  [[nodiscard]] std::size_t word_right() const;

  ScreenSize screen_;
  std::string sign_;
  std::string text_;
  std::size_t cursor_ = 0; ///< byte offset in the text
  std::string erased_;     ///< text for `yank`
  std::vector<std::string> history_;
  std::size_t recalled_ = 0;  ///< index in the history; its size: the new text
  std::string draft_;         ///< the new text, while an older one is shown
  std::size_t top_ = 0;       ///< the first row on the screen
  std::size_t shown_row_ = 0; ///< row of the cursor, relative to `top_`
  Place end_;                 ///< end of the text
};

} // namespace nexus::llm::cli
