// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/markdown_table.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "config/text.hpp"
#include "runtime/cli/terminal/inline_markdown.hpp"
#include "runtime/cli/terminal/text_style.hpp"
#include "runtime/cli/terminal/text_width.hpp"
#include "runtime/cli/terminal/word_wrap.hpp"

namespace nexus::llm::cli {

namespace {

enum class Alignment : std::uint8_t { left, centre, right };

constexpr std::size_t column_gap = 2;
/// A column is not made narrower than this.
constexpr std::size_t least_column = 6;

/// Splits a row at each `|` that is not escaped.
std::vector<std::string> cells_of_row(std::string_view line) {
  line = trim(line);
  if (line.starts_with('|'))
    line.remove_prefix(1);
  std::vector<std::string> cells{{}};
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '\\' && at + 1 < line.size() && line[at + 1] == '|') {
      cells.back() += '|';
      ++at;
    } else if (line[at] == '|') {
      cells.emplace_back();
    } else {
      cells.back() += line[at];
    }
  }
  if (cells.size() > 1 && trim(cells.back()).empty())
    cells.pop_back();
  for (auto& cell : cells)
    cell = std::string{trim(cell)};
  return cells;
}

Alignment alignment_of(std::string_view cell) {
  const bool left = cell.starts_with(':');
  if (!cell.ends_with(':') || cell.size() < 2)
    return Alignment::left;
  return left ? Alignment::centre : Alignment::right;
}

std::size_t width_of_all(const StyledText& text) {
  std::size_t cells = 0;
  for (const auto& run : text)
    cells += width_of(run.text);
  return cells;
}

std::vector<std::string> lines_in(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end == std::string::npos ? text.size() : end + 1;
  }
  return lines;
}

/// A table that was read. Not thread-safe.
class Table {
public:
  Table(const std::vector<std::string>& lines, bool styled) : styled_{styled} {
    for (std::size_t row = 0; row < lines.size(); ++row) {
      const auto cells = cells_of_row(lines[row]);
      if (row == 1) {
        for (const auto& cell : cells)
          alignments_.push_back(alignment_of(cell));
        continue;
      }
      auto& read = rows_.emplace_back();
      for (const auto& cell : cells)
        read.push_back(styled ? parse_inline(cell) : StyledText{{cell, {}}});
      columns_ = std::max(columns_, cells.size());
    }
    alignments_.resize(columns_, Alignment::left);
    for (auto& row : rows_)
      row.resize(columns_);
    for (auto& cell : rows_.front())
      for (auto& run : cell)
        run.style.strong = true;
  }

  [[nodiscard]] std::string lay_out(std::size_t cells) const {
    auto widths = natural_widths();
    const auto gaps = column_gap * (columns_ - 1);
    const auto room = cells > gaps ? cells - gaps : 0;
    if (room < least_column * columns_ && sum(widths) > room)
      return as_list(cells);
    while (sum(widths) > room)
      --*std::ranges::max_element(widths);
    std::string text;
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      text += row_text(rows_[row], widths);
      if (row == 0)
        text += rule(widths);
    }
    return text;
  }

private:
  [[nodiscard]] static std::size_t sum(const std::vector<std::size_t>& widths) {
    return std::accumulate(widths.begin(), widths.end(), std::size_t{0});
  }

  [[nodiscard]] std::vector<std::size_t> natural_widths() const {
    std::vector<std::size_t> widths(columns_, 1);
    for (const auto& row : rows_)
      for (std::size_t column = 0; column < columns_; ++column)
        widths[column] = std::max(widths[column], width_of_all(row[column]));
    return widths;
  }

  /// Returns the lines of a cell and, in `widths`, the width of each.
  [[nodiscard]] std::vector<std::string> cell_lines(const StyledText& cell, std::size_t cells,
                                                    std::vector<std::size_t>& widths) const {
    const auto wrapped = [&](bool styled) {
      WordWrap wrap{styled, cells};
      wrap.begin_line();
      wrap.add(cell);
      wrap.end_line();
      return lines_in(wrap.take());
    };
    for (const auto& line : wrapped(false))
      widths.push_back(width_of(line));
    return wrapped(styled_);
  }

  [[nodiscard]] std::string row_text(const std::vector<StyledText>& row,
                                     const std::vector<std::size_t>& widths) const {
    std::vector<std::vector<std::string>> lines(columns_);
    std::vector<std::vector<std::size_t>> line_widths(columns_);
    std::size_t height = 1;
    for (std::size_t column = 0; column < columns_; ++column) {
      lines[column] = cell_lines(row[column], widths[column], line_widths[column]);
      height = std::max(height, lines[column].size());
    }
    std::string text;
    for (std::size_t line = 0; line < height; ++line) {
      std::size_t owed = 0;
      for (std::size_t column = 0; column < columns_; ++column) {
        const bool has = line < lines[column].size();
        const auto used = has ? line_widths[column][line] : 0;
        const auto free = widths[column] > used ? widths[column] - used : 0;
        const auto before = alignments_[column] == Alignment::right    ? free
                            : alignments_[column] == Alignment::centre ? free / 2
                                                                       : 0;
        if (used > 0) {
          text.append(owed + before, ' ');
          text += lines[column][line];
          owed = free - before + column_gap;
        } else {
          owed += widths[column] + column_gap;
        }
      }
      text += '\n';
    }
    return text;
  }

  [[nodiscard]] std::string rule(const std::vector<std::size_t>& widths) const {
    std::string text = styled_ ? escape_of({.faint = true}) : "";
    for (std::size_t column = 0; column < columns_; ++column) {
      if (column > 0)
        text.append(column_gap, ' ');
      for (std::size_t cell = 0; cell < widths[column]; ++cell)
        text += "─";
    }
    return text + (styled_ ? end_of_style : "") + "\n";
  }

  [[nodiscard]] std::string as_list(std::size_t cells) const {
    std::string text;
    WordWrap wrap{styled_, cells};
    for (std::size_t row = 1; row < rows_.size(); ++row) {
      if (row > 1)
        text += '\n';
      for (std::size_t column = 0; column < columns_; ++column) {
        wrap.begin_line({}, {{"  ", {}}});
        wrap.add(rows_[0][column]);
        wrap.add(": ", {.strong = true});
        wrap.add(rows_[row][column]);
        wrap.end_line();
        text += wrap.take();
      }
    }
    if (rows_.size() > 1)
      return text;
    wrap.begin_line();
    for (const auto& cell : rows_[0]) {
      wrap.add(cell);
      wrap.add(" ");
    }
    wrap.end_line();
    return wrap.take();
  }

  bool styled_;
  std::size_t columns_ = 1;
  std::vector<Alignment> alignments_;
  std::vector<std::vector<StyledText>> rows_; ///< the first is the heading
};

} // namespace

bool is_table_rule(std::string_view line) {
  const auto cells = cells_of_row(line);
  return std::ranges::all_of(cells, [](std::string_view cell) {
    if (cell.starts_with(':'))
      cell.remove_prefix(1);
    if (cell.ends_with(':'))
      cell.remove_suffix(1);
    return !cell.empty() && cell.find_first_not_of('-') == std::string_view::npos;
  });
}

std::string format_markdown_table(const std::vector<std::string>& lines, std::size_t cells,
                                  bool styled) {
  return Table{lines, styled}.lay_out(cells);
}

} // namespace nexus::llm::cli
