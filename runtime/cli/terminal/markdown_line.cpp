// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/markdown_line.hpp"

#include <algorithm>

#include "config/text.hpp"
#include "runtime/cli/terminal/text_width.hpp"

namespace nexus::llm::cli {

namespace {

constexpr std::string_view quotation_bar = "│ ";
constexpr std::string_view bullet = "• ";
constexpr std::size_t code_indent = 4;
constexpr std::size_t longest_number = 9;
/// A line that is not decided after this many bytes is text.
constexpr std::size_t most_undecided = 1024;
/// The same for a row of a table.
constexpr std::size_t most_of_row = 8192;

bool is_digit(char character) { return character >= '0' && character <= '9'; }
bool is_gap(char character) { return character == ' ' || character == '\t'; }

/// Reads the marks at the beginning of a line, from left to right.
class LineMarks {
public:
  LineMarks(std::string_view line, bool complete, LineContext context)
      : line_{line}, complete_{complete}, context_{context} {}

  MarkdownLine read() {
    while (result_.kind == MarkdownKind::undecided && read_mark()) {
    }
    if (result_.kind == MarkdownKind::undecided && (complete_ || line_.size() > limit_))
      be(MarkdownKind::text);
    return std::move(result_);
  }

private:
  /// Returns true if it has read a mark and others may follow.
  bool read_mark() {
    const auto indent = read_spaces();
    if (at_ == line_.size())
      return complete_ && be(MarkdownKind::blank);
    if (indent >= code_indent && context_.code_may && !context_.in_list && is_at_begin()) {
      at_ = 0;
      return be(MarkdownKind::indented_code);
    }
    show(spaces_, spaces_);
    const char mark = line_[at_];
    if (mark == '>')
      return read_quotation();
    if (std::string_view{"-*_"}.find(mark) != npos && may_be_rule(mark))
      return complete_ && be(MarkdownKind::rule);
    if (std::string_view{"-*+"}.find(mark) != npos)
      return read_item(at_ + 1);
    if (is_digit(mark))
      return read_number();
    return read_leaf(mark);
  }

  /// Returns the width of the white space that it has skipped.
  std::size_t read_spaces() {
    const auto begin = at_;
    while (at_ < line_.size() && is_gap(line_[at_]))
      ++at_;
    spaces_.clear();
    for (const char space : line_.substr(begin, at_ - begin))
      spaces_ += space == '\t' ? "    " : " ";
    return spaces_.size();
  }

  bool read_quotation() {
    ++at_;
    ++result_.quotations;
    if (at_ < line_.size() && line_[at_] == ' ')
      ++at_;
    quoted_ = at_;
    const StyledRun bar{std::string{quotation_bar}, {.faint = true}};
    result_.first.push_back(bar);
    result_.further.push_back(bar);
    return true;
  }

  /// Whether the rest of the line consists of this mark, and is or may become long enough.
  [[nodiscard]] bool may_be_rule(char mark) const {
    std::size_t marks = 0;
    for (const char each : line_.substr(at_)) {
      if (each == mark)
        ++marks;
      else if (!is_gap(each))
        return false;
    }
    return !complete_ || marks >= 3;
  }

  bool read_number() {
    auto end = at_;
    while (end < line_.size() && is_digit(line_[end]))
      ++end;
    if (end - at_ > longest_number)
      return be(MarkdownKind::text);
    if (end == line_.size())
      return false;
    return line_[end] == '.' || line_[end] == ')' ? read_item(end + 1) : be(MarkdownKind::text);
  }

  /// An item whose mark ends at `end`.
  bool read_item(std::size_t end) {
    if (end == line_.size())
      return false;
    if (!is_gap(line_[end]))
      return read_leaf(line_[at_]);
    const auto mark = line_.substr(at_, end - at_);
    const auto shown = is_digit(mark.front()) ? std::string{mark} + " " : std::string{bullet};
    show(shown, std::string(width_of(shown), ' '));
    result_.is_item = true;
    at_ = end + 1;
    return true;
  }

  bool read_leaf(char mark) {
    if (mark == '#')
      return read_heading();
    if (mark == '`' || mark == '~')
      return read_fence(mark);
    if (mark == '|' && result_.quotations == 0 && !result_.is_item) {
      limit_ = most_of_row;
      return complete_ && be(MarkdownKind::table_row);
    }
    return be(MarkdownKind::text);
  }

  bool read_heading() {
    constexpr std::size_t levels = 6;
    const auto end = std::min(line_.find_first_not_of('#', at_), line_.size());
    const auto level = end - at_;
    if (level > levels)
      return be(MarkdownKind::text);
    if (end == line_.size())
      return false;
    if (!is_gap(line_[end]))
      return be(MarkdownKind::text);
    at_ = line_.find_first_not_of(" \t", end);
    result_.level = level;
    if (at_ == npos) {
      at_ = line_.size();
      return complete_ && be(MarkdownKind::heading);
    }
    return be(MarkdownKind::heading);
  }

  bool read_fence(char mark) {
    const auto end = std::min(line_.find_first_not_of(mark, at_), line_.size());
    const auto marks = end - at_;
    if (end == line_.size() && !complete_)
      return false;
    const auto info = line_.substr(end);
    if (marks < 3 || (mark == '`' && info.find(mark) != npos))
      return be(MarkdownKind::text);
    if (!complete_)
      return false;
    result_.indent = at_ - quoted_;
    result_.fence = std::string(marks, mark);
    result_.info = std::string{trim(info)};
    return be(MarkdownKind::fence);
  }

  bool be(MarkdownKind kind) {
    result_.kind = kind;
    result_.content = at_;
    return false;
  }

  void show(const std::string& first, const std::string& further) {
    if (first.empty())
      return;
    result_.first.push_back({first, {}});
    result_.further.push_back({further, {}});
  }

  [[nodiscard]] bool is_at_begin() const { return result_.quotations == 0 && !result_.is_item; }

  static constexpr auto npos = std::string_view::npos;

  std::string_view line_;
  bool complete_;
  LineContext context_;
  std::size_t at_ = 0;
  std::string spaces_;
  std::size_t quoted_ = 0; ///< where the text behind the marks of quotations begins
  std::size_t limit_ = most_undecided;
  MarkdownLine result_;
};

/// Returns the line behind the marks of so many quotations, or less if it is not in them.
std::string_view behind_quotations(std::string_view line, std::size_t& quotations) {
  while (quotations > 0) {
    const auto at = line.find_first_not_of(' ');
    if (at == std::string_view::npos || line[at] != '>')
      break;
    line.remove_prefix(at + 1);
    if (line.starts_with(' '))
      line.remove_prefix(1);
    --quotations;
  }
  return line;
}

} // namespace

MarkdownLine read_markdown_line(std::string_view line, bool complete, LineContext context) {
  return LineMarks{line, complete, context}.read();
}

bool ends_fence(std::string_view line, const MarkdownLine& fence) {
  auto left = fence.quotations;
  const auto text = trim(behind_quotations(line, left));
  return left == 0 && text.size() >= fence.fence.size() &&
         text.find_first_not_of(fence.fence.front()) == std::string_view::npos;
}

bool may_end_fence(std::string_view line, const MarkdownLine& fence) {
  auto left = fence.quotations;
  const auto text = trim(behind_quotations(line, left));
  return line.size() <= most_undecided &&
         (text.empty() || text.find_first_not_of(fence.fence.front()) == std::string_view::npos);
}

std::string_view code_of(std::string_view line, const MarkdownLine& fence) {
  auto left = fence.quotations;
  auto code = behind_quotations(line, left);
  for (auto indent = fence.indent; indent > 0 && code.starts_with(' '); --indent)
    code.remove_prefix(1);
  return code;
}

bool is_in_quotations_of(std::string_view line, const MarkdownLine& fence) {
  auto left = fence.quotations;
  static_cast<void>(behind_quotations(line, left));
  return left == 0;
}

} // namespace nexus::llm::cli
