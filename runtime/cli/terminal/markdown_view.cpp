// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/markdown_view.hpp"

#include <algorithm>
#include <utility>

#include "runtime/cli/terminal/inline_markdown.hpp"
#include "runtime/cli/terminal/markdown_table.hpp"
#include "runtime/cli/terminal/text_width.hpp"

namespace nexus::llm::cli {

namespace {

constexpr std::size_t longest_rule = 40;
constexpr TextStyle faint{.faint = true};

/// Returns the number of bytes of the character that begins with this byte.
std::size_t size_of_character(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte >= 0xF0 && byte < 0xF8 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
}

/// Whether a text ends within its first character.
bool is_cut(std::string_view text) {
  const auto size = size_of_character(text.front());
  return text.size() < size && std::ranges::all_of(text.substr(1), [](char byte) {
           return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
         });
}

} // namespace

std::string MarkdownView::feed(std::string_view piece) {
  partial_ += filter_(piece);
  std::string_view rest = partial_;
  while (!rest.empty() && !is_cut(rest)) {
    const auto character = rest.substr(0, character_at(rest, 0).bytes);
    rest.remove_prefix(character.size());
    take(character);
  }
  partial_ = std::string{rest};
  return wrap_.take();
}

std::string MarkdownView::finish() {
  for (const char byte : std::exchange(partial_, {}))
    take({&byte, 1});
  if (begun_) {
    decide(true);
    if (mode_ == Mode::text)
      show_inline(inline_.size());
    // The end of the line belongs to whoever writes what follows.
    wrap_.flush();
  }
  end_table();
  auto text = wrap_.take();
  *this = MarkdownView{styled_, wrap_.width()};
  return text;
}

void MarkdownView::take(std::string_view character) {
  if (character == "\n") {
    end_line();
    return;
  }
  begun_ = true;
  switch (mode_) {
  case Mode::undecided:
    line_ += character;
    decide(false);
    break;
  case Mode::text:
    add_inline(character);
    break;
  case Mode::verbatim:
    wrap_.add_verbatim(character);
    break;
  }
}

void MarkdownView::end_line() {
  decide(true);
  if (mode_ == Mode::text)
    show_inline(inline_.size());
  // A row of a table that is held back shows nothing.
  if (mode_ != Mode::undecided)
    wrap_.end_line();
  mode_ = Mode::undecided;
  begun_ = false;
  line_.clear();
  before_.clear();
}

/// Finds out what the line is, and shows of it what is known. After a complete line, `mode_` is
/// `undecided` only if the line is held back.
void MarkdownView::decide(bool complete) {
  if (mode_ != Mode::undecided)
    return;
  if (fence_) {
    take_code(complete);
    if (fence_ || mode_ != Mode::undecided)
      return;
  }
  now_ = read_markdown_line(line_, complete, context_);
  if (now_.kind == MarkdownKind::undecided)
    return;
  if (now_.kind == MarkdownKind::table_row) {
    if (take_row())
      return;
    now_.kind = MarkdownKind::text;
  } else {
    end_table();
  }
  const bool indented = line_.starts_with(' ') || line_.starts_with('\t');
  context_.in_list =
      now_.is_item || (context_.in_list && (indented || now_.kind == MarkdownKind::blank));
  context_.code_may = now_.kind == MarkdownKind::blank || now_.kind == MarkdownKind::indented_code;
  begin_text();
}

void MarkdownView::begin_text() {
  const auto rest = line_.substr(now_.content);
  mode_ = Mode::text;
  style_ = {};
  if (now_.kind == MarkdownKind::fence) {
    fence_ = now_;
    wrap_.begin_line(styled_ && now_.is_item ? now_.first : StyledText{});
    if (styled_)
      show_fence(now_.info);
    else
      wrap_.add_verbatim(line_);
    return;
  }
  if (now_.kind == MarkdownKind::indented_code) {
    mode_ = Mode::verbatim;
    wrap_.begin_line();
    wrap_.add_verbatim(rest);
    return;
  }
  if (!styled_) {
    wrap_.begin_line({{line_.substr(0, now_.content), {}}}, further());
    wrap_.add(rest);
    return;
  }
  wrap_.begin_line(now_.first, further());
  if (now_.kind == MarkdownKind::rule) {
    show_fence("");
    return;
  }
  if (now_.kind == MarkdownKind::heading)
    style_ = {.strong = true, .underlined = now_.level == 1};
  for (std::size_t at = 0; at < rest.size();) {
    const auto size = character_at(rest, at).bytes;
    add_inline(std::string_view{rest}.substr(at, size));
    at += size;
  }
}

/// A line in a block of code. If it turns out to be outside, the block is closed and the line stays
/// undecided.
void MarkdownView::take_code(bool complete) {
  const auto fence = *fence_;
  if (complete && line_.empty() && fence.quotations == 0) {
    mode_ = Mode::verbatim;
    return wrap_.begin_line();
  }
  if (!complete && (fence.quotations > 0 || may_end_fence(line_, fence)))
    return;
  if (!is_in_quotations_of(line_, fence)) {
    fence_.reset();
    return;
  }
  mode_ = Mode::verbatim;
  if (complete && ends_fence(line_, fence)) {
    fence_.reset();
    context_.code_may = false;
    wrap_.begin_line();
    if (styled_)
      show_fence("");
    else
      wrap_.add_verbatim(line_);
    return;
  }
  wrap_.begin_line(styled_ && fence.quotations > 0 ? fence.first : StyledText{});
  wrap_.add_verbatim(styled_ ? code_of(line_, fence) : std::string_view{line_});
}

bool MarkdownView::take_row() {
  const bool is_rule = table_.size() == 1 && is_table_rule(line_);
  if (table_.size() == 1 && !is_rule)
    end_table();
  if (table_.size() > longest_table)
    end_table();
  table_.push_back(line_);
  return true;
}

/// Shows the table that is held back. A single line is no table, but text.
void MarkdownView::end_table() {
  const auto lines = std::exchange(table_, {});
  if (lines.empty())
    return;
  if (lines.size() > 1 && is_table_rule(lines[1])) {
    wrap_.begin_line();
    wrap_.add_verbatim(format_markdown_table(lines, wrap_.width(), styled_));
    return;
  }
  for (const auto& line : lines) {
    wrap_.begin_line();
    if (styled_)
      wrap_.add(parse_inline(line));
    else
      wrap_.add(line);
    wrap_.end_line();
  }
}

void MarkdownView::add_inline(std::string_view character) {
  if (!styled_)
    return wrap_.add(character);
  inline_ += character;
  const bool may_end = character == " " || character == "\t" ||
                       character_at(character, 0).cells == 2 || inline_.size() > longest_hold;
  if (!may_end)
    return;
  const auto settled = settled_size(inline_);
  show_inline(settled);
  if (inline_.size() <= longest_hold)
    return;
  const auto blank = inline_.find_last_of(" \t");
  show_inline(blank == std::string::npos || blank == 0 ? inline_.size() : blank);
}

void MarkdownView::show_inline(std::size_t size) {
  if (size == 0)
    return;
  auto runs = parse_inline(std::string_view{inline_}.substr(0, size), before_);
  for (auto& run : runs) {
    run.style.strong = run.style.strong || style_.strong;
    run.style.underlined = run.style.underlined || style_.underlined;
  }
  wrap_.add(runs);
  auto last = size - 1;
  while (last > 0 && (static_cast<unsigned char>(inline_[last]) & 0xC0) == 0x80)
    --last;
  before_ = inline_.substr(last, size - last);
  inline_.erase(0, size);
}

/// Shows a rule, with the name of a language in it.
void MarkdownView::show_fence(std::string_view label) {
  const auto width = std::min(longest_rule, wrap_.width());
  std::string rule;
  if (!label.empty())
    rule = "── " + std::string{label} + " ";
  while (width_of(rule) < width)
    rule += "─";
  wrap_.add_verbatim(rule, faint);
}

/// Returns what stands before the lines that the current one is broken into: at most half of the
/// width.
StyledText MarkdownView::further() const {
  const auto limit = wrap_.width() / 2;
  StyledText kept;
  std::size_t cells = 0;
  for (auto run : now_.further) {
    if (!styled_ && run.style == faint)
      run = {"> ", {}};
    run.text = std::string{clip_to_width(run.text, limit - cells)};
    cells += width_of(run.text);
    kept.push_back(std::move(run));
  }
  return kept;
}

} // namespace nexus::llm::cli
