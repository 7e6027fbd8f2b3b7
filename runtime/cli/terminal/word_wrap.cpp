// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/word_wrap.hpp"

#include <algorithm>
#include <utility>

#include "runtime/cli/terminal/text_width.hpp"

namespace nexus::llm::cli {

namespace {

constexpr std::size_t tab_cells = 8;

/// Characters that no line begins with, and some that no line ends with.
constexpr std::string_view no_begin = "、。，．・：；？！）］｝〉》」』】〕”’ー々";
constexpr std::string_view no_end = "（［｛〈《「『【〔“‘";

std::size_t cells_of(std::string_view character) { return character_at(character, 0).cells; }

/// Whether a line may break between two neighbouring characters that are no white space.
bool breaks_between(const std::string& before, std::string_view after) {
  if (cells_of(before) < 2 && cells_of(after) < 2)
    return false;
  if (end_of_cluster(before + std::string{after}, 0) > before.size())
    return false;
  return no_begin.find(after) == std::string_view::npos &&
         no_end.find(before) == std::string_view::npos;
}

} // namespace

void WordWrap::begin_line(const StyledText& first, StyledText further) {
  line_width_ = width_;
  column_ = 0;
  further_ = std::move(further);
  spaces_.clear();
  continues_ = false;
  write_prefix(first);
}

void WordWrap::add(std::string_view text, const TextStyle& style) {
  while (!text.empty()) {
    const auto character = text.substr(0, character_at(text, 0).bytes);
    text.remove_prefix(character.size());
    if (character == " " || character == "\t") {
      end_word();
      continues_ = false;
      spaces_ += character;
      spaces_style_ = style;
      continue;
    }
    if (!word_.empty() && breaks_between(last_, character)) {
      end_word();
      continues_ = false;
    }
    if (word_.empty() || word_.back().style != style)
      word_.push_back({{}, style});
    word_.back().text += character;
    word_cells_ += cells_of(character);
    // A character without a width belongs to the one before it.
    if (cells_of(character) > 0 || last_.empty())
      last_ = character;
    else
      last_ += character;
    if (word_cells_ > line_width_) {
      end_word();
      continues_ = true;
    }
  }
}

void WordWrap::add(const StyledText& text) {
  for (const auto& run : text)
    add(run.text, run.style);
}

void WordWrap::add_verbatim(std::string_view text, const TextStyle& style) {
  end_word();
  column_ += width_of(text);
  write(spaces_, spaces_style_);
  spaces_.clear();
  write(text, style);
}

void WordWrap::end_line() {
  flush();
  spaces_.clear();
  continues_ = false;
  out_ += '\n';
  column_ = 0;
  line_width_ = width_;
}

void WordWrap::flush() {
  end_word();
  end_style();
}

std::string WordWrap::take() { return std::exchange(out_, {}); }

void WordWrap::end_word() {
  if (word_.empty())
    return;
  const auto gap = cells_of_spaces();
  if (!continues_ && column_ > indent_ && column_ + gap + word_cells_ > line_width_) {
    break_line();
  } else {
    write(spaces_, spaces_style_);
    column_ += gap;
  }
  spaces_.clear();
  for (const auto& run : word_)
    write(run.text, run.style);
  column_ += word_cells_;
  // The terminal has continued a word that is too wide.
  if (column_ > line_width_)
    column_ %= line_width_;
  word_.clear();
  word_cells_ = 0;
  last_.clear();
}

void WordWrap::break_line() {
  end_style();
  out_ += '\n';
  column_ = 0;
  line_width_ = width_;
  write_prefix(further_);
}

void WordWrap::write_prefix(const StyledText& prefix) {
  for (const auto& run : prefix) {
    write(run.text, run.style);
    column_ += width_of(run.text);
  }
  indent_ = column_;
}

void WordWrap::write(std::string_view text, const TextStyle& style) {
  if (text.empty())
    return;
  if (styled_ && style != style_) {
    end_style();
    out_ += escape_of(style);
    style_ = style;
  }
  out_ += text;
}

void WordWrap::end_style() {
  if (style_ != TextStyle{})
    out_ += end_of_style;
  style_ = {};
}

std::size_t WordWrap::cells_of_spaces() const {
  auto column = column_;
  for (const char space : spaces_)
    column = space == '\t' ? (column / tab_cells + 1) * tab_cells : column + 1;
  return column - column_;
}

} // namespace nexus::llm::cli
