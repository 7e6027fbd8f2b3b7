// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/line_editor.hpp"

#include <algorithm>
#include <utility>

#include "runtime/cli/terminal/terminal_filter.hpp"
#include "runtime/cli/terminal/text_width.hpp"

namespace nexus::llm::cli {

namespace {

using Kind = Key::Kind;

constexpr std::string_view further_sign = "... ";
constexpr std::size_t tab_cells = 8;
constexpr std::size_t most_candidates_shown = 200;

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

std::string LineEditor::begin(std::string_view sign, ScreenSize screen, std::string text) {
  sign_ = sign;
  screen_ = screen;
  text_ = std::move(text);
  cursor_ = text_.size();
  answers_ = false;
  search_.reset();
  draft_.clear();
  recalled_ = history_.size();
  top_ = shown_row_ = 0;
  return show();
}

std::string LineEditor::begin_answer(std::string_view question, ScreenSize screen) {
  auto output = begin(question, screen);
  answers_ = true;
  return output;
}

LineEditor::Event LineEditor::press(const Key& key, std::string& output) {
  if (search_ && press_in_search(key, output))
    return Event::none;
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
    if (!answers_)
      history_.add(text_);
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
    if (recalled_ > 0 && !answers_)
      recall(recalled_ - 1, output);
    break;
  case Kind::down:
    if (recalled_ < history_.size() && !answers_)
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
  case Kind::search:
    if (answers_)
      break;
    search_ = Search{.found = history_.size(), .text = text_, .cursor = cursor_};
    output += show();
    break;
  case Kind::complete:
    // Only commands can be completed.
    if (!answers_ && text_.starts_with('/'))
      return Event::complete;
    insert("\t", output);
    break;
  case Kind::edit:
    if (!answers_)
      return Event::edit;
    break;
  case Kind::cancel:
  case Kind::unknown:
    break;
  }
  return Event::none;
}

std::string LineEditor::leave() {
  std::string output;
  if (cursor_ != text_.size() || search_) {
    search_.reset();
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
  auto put_character = [&](std::string_view bytes, std::size_t cells) {
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
      put(bytes, cells);
    }
  };
  const auto put_text = [&](std::string_view text, std::size_t cursor) {
    for (std::size_t at = 0;;) {
      if (at == cursor)
        picture.cursor = {picture.rows.size() - 1, column};
      if (at >= text.size())
        break;
      const auto character = character_at(text, at);
      put_character(text.substr(at, character.bytes), character.cells);
      at += character.bytes;
    }
  };
  put_text(sign(), std::string_view::npos);
  put_text(text_, cursor_);
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

std::string LineEditor::sign() const {
  if (!search_)
    return sign_;
  return (search_->failed ? "(not found) " : "(search) ") + search_->wanted + ": ";
}

/// Shows the latest text before a place of the history that contains what is searched for.
void LineEditor::search(std::size_t behind) {
  const auto found = history_.find(search_->wanted, behind);
  search_->failed = !found;
  if (!found)
    return;
  search_->found = *found;
  text_ = history_[*found];
  cursor_ = text_.find(search_->wanted);
}

bool LineEditor::press_in_search(const Key& key, std::string& output) {
  auto& wanted = search_->wanted;
  switch (key.kind) {
  case Kind::text:
    wanted += key.text;
    search(std::min(search_->found, history_.size() - 1) + 1);
    break;
  case Kind::backspace:
    wanted.erase(begin_of_cluster(wanted, wanted.size()));
    search(history_.size());
    break;
  case Kind::search:
    search(search_->found);
    break;
  case Kind::cancel:
    text_ = std::move(search_->text);
    cursor_ = search_->cursor;
    search_.reset();
    break;
  default:
    // The text that was found stays, and the key applies to it.
    if (search_->found < history_.size()) {
      draft_ = std::move(search_->text);
      recalled_ = search_->found;
    }
    search_.reset();
    output += show();
    return false;
  }
  output += show();
  return true;
}

std::string LineEditor::complete(const Completion& completion) {
  const auto& candidates = completion.candidates;
  if (candidates.empty() || completion.from > cursor_)
    return {};
  std::string output;
  const auto begun = text_.substr(completion.from, cursor_ - completion.from);
  auto common = common_beginning(candidates);
  // What is complete ends with a blank, except for a directory.
  if (candidates.size() == 1 && !common.ends_with('/') && !text_.substr(cursor_).starts_with(' '))
    common += ' ';
  if (common.size() > begun.size() && common.starts_with(begun)) {
    insert(std::string_view{common}.substr(begun.size()), output);
    return output;
  }
  const auto cursor = cursor_;
  output = leave();
  TerminalFilter filter;
  for (std::size_t i = 0; i < candidates.size() && i < most_candidates_shown; ++i)
    output += (i == 0 ? "" : "  ") + filter(candidates[i]);
  output += candidates.size() > most_candidates_shown ? "  ...\r\n" : "\r\n";
  cursor_ = cursor;
  return output + show_again();
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
