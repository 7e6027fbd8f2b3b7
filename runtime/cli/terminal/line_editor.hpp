// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/cli/terminal/completion.hpp"
#include "runtime/cli/terminal/input_history.hpp"
#include "runtime/cli/terminal/key_decoder.hpp"

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
    line,     ///< `text()` is the entered text
    end,      ///< end of the input
    complete, ///< wants `complete` with what completes `before_cursor()`
    edit,     ///< wants `begin` again, with the text as it was edited elsewhere
  };

  /// Starts a new text after a prompt. Returns the output.
  [[nodiscard]] std::string begin(std::string_view sign, ScreenSize screen, std::string text = {});
  /// Starts the answer to a question, which neither uses nor enters the history.
  [[nodiscard]] std::string begin_answer(std::string_view question, ScreenSize screen);
  /// Processes a key; stores the output in `output`.
  [[nodiscard]] Event press(const Key& key, std::string& output);
  /// Moves the cursor behind the text, so that other output may follow. Returns the output.
  [[nodiscard]] std::string leave();
  /// Adapts to a new size of the terminal. Returns the output.
  [[nodiscard]] std::string resize(ScreenSize screen);
  /// Shows the text again, after the output of others. Returns the output.
  [[nodiscard]] std::string show_again();

  /// Inserts what all candidates have in common; shows them if that is nothing new. Returns the
  /// output.
  [[nodiscard]] std::string complete(const Completion& completion);

  [[nodiscard]] InputHistory& history() noexcept { return history_; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] std::string_view before_cursor() const noexcept {
    return std::string_view{text_}.substr(0, cursor_);
  }
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
  /// A search through the history, which shows the text that it has found.
  struct Search {
    std::string wanted;
    std::size_t found = 0; ///< place in the history; its size: none yet
    bool failed = false;
    std::string text; ///< what the search began with
    std::size_t cursor = 0;
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
  void search(std::size_t behind);
  /// Processes a key of a search. Returns false if the key ends it and means something else.
  [[nodiscard]] bool press_in_search(const Key& key, std::string& output);
  [[nodiscard]] std::string sign() const;
  [[nodiscard]] std::size_t word_left() const;
  [[nodiscard]] std::size_t word_right() const;

  ScreenSize screen_;
  std::string sign_;
  std::string text_;
  std::size_t cursor_ = 0; ///< byte offset in the text
  std::string erased_;     ///< text for `yank`
  InputHistory history_;
  std::optional<Search> search_;
  bool answers_ = false;      ///< the text answers a question
  std::size_t recalled_ = 0;  ///< index in the history; its size: the new text
  std::string draft_;         ///< the new text, while an older one is shown
  std::size_t top_ = 0;       ///< the first row on the screen
  std::size_t shown_row_ = 0; ///< row of the cursor, relative to `top_`
  Place end_;                 ///< end of the text
};

} // namespace nexus::llm::cli
