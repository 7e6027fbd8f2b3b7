// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/line_editor.hpp"

#include <algorithm>
#include <utility>

#include "runtime/cli/text_width.hpp"

namespace nexus::llm::cli {

namespace {

using Kind = Key::Kind;

constexpr std::string_view further_sign = "... ";
constexpr std::size_t tab_cells = 8;
constexpr std::size_t history_size = 1000;

std::string sequence(std::size_t count, char final) {
  return count == 0 ? "" : "\033[" + std::to_string(count) + final;
}

/// U+0080 to U+009F: terminals interpret some of them.
bool is_c1_control(std::string_view character) {
  return character.size() == 2 && character[0] == '\xC2' &&
         static_cast<unsigned char>(character[1]) < 0xA0;
}

bool is_space(char byte) { return byte == ' ' || byte == '\n' || byte == '\t'; }

} // namespace

std::string LineEditor::begin(std::string_view sign, ScreenSize screen) {
  sign_ = sign;
  screen_ = screen;
  text_.clear();
  cursor_ = 0;
  draft_.clear();
  recalled_ = history_.size();
  top_ = shown_row_ = 0;
  return show();
}

LineEditor::Event LineEditor::press(const Key& key, std::string& output) {
  auto move = [&](std::size_t to) {
    cursor_ = to;
    output += show();
  };
  switch (key.kind) {
  case Kind::text:
  case Kind::paste:
    insert(key.text, output);
    break;
  case Kind::newline:
    insert("\n", output);
    break;
  case Kind::enter:
    output += leave();
    remember();
    return Event::line;
  case Kind::left:
    move(begin_of_cluster(text_, cursor_));
    break;
  case Kind::right:
    move(end_of_cluster(text_, cursor_));
    break;
  case Kind::word_left:
    move(word_left());
    break;
  case Kind::word_right:
    move(word_right());
    break;
  case Kind::home:
    move(0);
    break;
  case Kind::end:
    move(text_.size());
    break;
  case Kind::up:
    if (recalled_ > 0)
      recall(recalled_ - 1, output);
    break;
  case Kind::down:
    if (recalled_ < history_.size())
      recall(recalled_ + 1, output);
    break;
  case Kind::backspace:
    erase(begin_of_cluster(text_, cursor_), cursor_, false, output);
    break;
  case Kind::remove:
    if (text_.empty()) {
      output += leave();
      return Event::end;
    }
    [[fallthrough]];
  case Kind::erase:
    erase(cursor_, end_of_cluster(text_, cursor_), false, output);
    break;
  case Kind::erase_word_left:
    erase(word_left(), cursor_, true, output);
    break;
  case Kind::erase_word_right:
    erase(cursor_, word_right(), true, output);
    break;
  case Kind::erase_to_begin:
    erase(0, cursor_, true, output);
    break;
  case Kind::erase_to_end:
    erase(cursor_, text_.size(), true, output);
    break;
  case Kind::yank:
    insert(erased_, output);
    break;
  case Kind::clear_screen:
    output += "\033[H\033[2J";
    output += show_again();
    break;
  case Kind::unknown:
    break;
  }
  return Event::none;
}

std::string LineEditor::leave() {
  std::string output;
  if (cursor_ != text_.size()) {
    cursor_ = text_.size();
    output = show();
  }
  return output + "\r\n";
}

std::string LineEditor::resize(ScreenSize screen) {
  screen_ = screen;
  // Terminals reflow their lines, so the cursor is already at its place in the new picture.
  shown_row_ = std::min(draw().cursor.row, screen_.rows - 1);
  top_ = 0;
  return show();
}

std::string LineEditor::show_again() {
  top_ = shown_row_ = 0;
  return show();
}

/// Lays out the text at this width. Shows control characters in a printable form.
LineEditor::Picture LineEditor::draw() const {
  Picture picture;
  picture.rows.emplace_back();
  std::size_t column = 0;
  auto put = [&](std::string_view shown, std::size_t cells) {
    if (column + cells > screen_.columns) {
      picture.rows.emplace_back();
      column = 0;
    }
    picture.rows.back().shown += shown;
    column += cells;
  };
  auto end_line = [&] {
    picture.rows.back().line_end = true;
    picture.rows.emplace_back();
    column = 0;
  };
  put(sign_, width_of(sign_));
  for (std::size_t at = 0;;) {
    if (at == cursor_)
      picture.cursor = {picture.rows.size() - 1, column};
    if (at >= text_.size())
      break;
    const auto character = character_at(text_, at);
    const auto bytes = std::string_view{text_}.substr(at, character.bytes);
    if (bytes == "\n") {
      end_line();
      put(further_sign, further_sign.size());
    } else if (bytes == "\t") {
      for (auto left = tab_cells - column % tab_cells; left > 0; --left)
        put(" ", 1);
    } else if (is_control(bytes.front())) {
      put("^", 1);
      const char letter = static_cast<char>(bytes.front() ^ 0x40);
      put({&letter, 1}, 1);
    } else if (is_c1_control(bytes)) {
      put("?", 1);
    } else {
      put(bytes, character.cells);
    }
    at += character.bytes;
  }
  // After a full row, the cursor is at the start of the next row, which does not exist yet.
  if (column == screen_.columns)
    end_line();
  if (picture.cursor.column == screen_.columns)
    picture.cursor = {picture.cursor.row + 1, 0};
  return picture;
}

/// Redraws the text; if it is higher than the screen, the part around the cursor.
std::string LineEditor::show() {
  auto picture = draw();
  const auto count = picture.rows.size();
  const auto height = screen_.rows;
  const auto first_possible = picture.cursor.row < height ? 0 : picture.cursor.row - height + 1;
  auto output = "\r" + sequence(shown_row_, 'A') + "\033[J";
  top_ = std::clamp(top_, first_possible, picture.cursor.row);
  if (count <= height)
    top_ = 0;
  const auto behind = std::min(count, top_ + height);
  for (auto row = top_; row < behind; ++row) {
    output += picture.rows[row].shown;
    if (row + 1 < behind && picture.rows[row].line_end)
      output += "\r\n";
  }
  shown_row_ = picture.cursor.row - top_;
  output += sequence(behind - 1 - picture.cursor.row, 'A');
  output += "\r" + sequence(picture.cursor.column, 'C');
  if (cursor_ == text_.size())
    end_ = picture.cursor;
  return output;
}

void LineEditor::insert(std::string_view inserted, std::string& output) {
  if (inserted.empty())
    return;
  const bool at_end = cursor_ == text_.size();
  text_.insert(cursor_, inserted);
  cursor_ += inserted.size();
  if (!at_end || !append(inserted, output))
    output += show();
}

/// Outputs text inserted at the end without redrawing. Returns false if a redraw is necessary.
bool LineEditor::append(std::string_view inserted, std::string& output) {
  auto end = end_;
  for (std::size_t at = 0; at < inserted.size();) {
    const auto character = character_at(inserted, at);
    const auto bytes = inserted.substr(at, character.bytes);
    if (is_control(bytes.front()) || is_c1_control(bytes) ||
        (character.cells == 0 && end.column == 0))
      return false;
    if (end.column + character.cells > screen_.columns)
      end = {end.row + 1, 0};
    end.column += character.cells;
    at += character.bytes;
  }
  output += inserted;
  if (end.column == screen_.columns) {
    output += "\r\n";
    end = {end.row + 1, 0};
  }
  shown_row_ = std::min(shown_row_ + end.row - end_.row, screen_.rows - 1);
  top_ = end.row - shown_row_;
  end_ = end;
  return true;
}

void LineEditor::erase(std::size_t from, std::size_t to, bool keep, std::string& output) {
  if (from == to)
    return;
  if (keep)
    erased_ = text_.substr(from, to - from);
  text_.erase(from, to - from);
  cursor_ = from;
  output += show();
}

void LineEditor::recall(std::size_t place, std::string& output) {
  if (recalled_ == history_.size())
    draft_ = text_;
  recalled_ = place;
  text_ = place == history_.size() ? draft_ : history_[place];
  cursor_ = text_.size();
  output += show();
}

void LineEditor::remember() {
  if (text_.empty() || (!history_.empty() && history_.back() == text_))
    return;
  history_.push_back(text_);
  if (history_.size() > history_size)
    history_.erase(history_.begin());
}

std::size_t LineEditor::word_left() const {
  auto at = cursor_;
  while (at > 0 && is_space(text_[at - 1]))
    --at;
  while (at > 0 && !is_space(text_[at - 1]))
    --at;
  return at;
}

std::size_t LineEditor::word_right() const {
  auto at = cursor_;
  while (at < text_.size() && is_space(text_[at]))
    ++at;
  while (at < text_.size() && !is_space(text_[at]))
    ++at;
  return at;
}

} // namespace nexus::llm::cli
