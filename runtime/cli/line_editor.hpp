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

/// Edits a text of any length at a terminal, with a history of the texts before it. It reads and
/// writes nothing itself: it is told of keys, and says what to write to the terminal. One thread.
class LineEditor {
public:
  enum class Event : std::uint8_t {
    none,
    line, ///< `text()` is what was entered
    end,  ///< the end of the input
  };

  /// Begins a text behind a sign. What to write.
  [[nodiscard]] std::string begin(std::string_view sign, ScreenSize screen);
  /// Obeys a key; `output` gets what to write.
  [[nodiscard]] Event press(const Key& key, std::string& output);
  /// Leaves the text as it stands. What to write, so that output may follow.
  [[nodiscard]] std::string leave();
  /// The terminal has another size. What to write.
  [[nodiscard]] std::string resize(ScreenSize screen);
  /// Shows the text anew, behind what others wrote. What to write.
  [[nodiscard]] std::string show_again();

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] const ScreenSize& screen() const noexcept { return screen_; }

private:
  struct Row {
    std::string shown;
    bool line_end = false; ///< the next row does not follow by itself
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
  std::size_t cursor_ = 0; ///< a byte of the text
  std::string erased_;     ///< what `yank` brings back
  std::vector<std::string> history_;
  std::size_t recalled_ = 0;  ///< of the history; its size: the text that is new
  std::string draft_;         ///< that text, while another is shown
  std::size_t top_ = 0;       ///< the first row that is on the screen
  std::size_t shown_row_ = 0; ///< that of the cursor, counted from `top_`
  Place end_;                 ///< of the text
};

} // namespace nexus::llm::cli
