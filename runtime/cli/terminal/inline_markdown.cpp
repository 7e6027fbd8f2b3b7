// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/inline_markdown.hpp"

#include <md4c.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "runtime/cli/terminal/text_width.hpp"

namespace nexus::llm::cli {

namespace {

constexpr auto nowhere = std::string_view::npos;
/// Punctuation that a backslash stands before for another reason than markdown.
constexpr std::string_view kept_escapes = "()[]{}\\$%&,;:=^'\"/@?";

bool is_blank(char character) { return character == ' ' || character == '\t'; }

bool is_letter_or_digit(char character) {
  return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'z') ||
         (character >= 'A' && character <= 'Z');
}

/// Letters of other scripts count, since `_` within any word is no markup.
bool is_of_word(char character) {
  return is_letter_or_digit(character) || static_cast<unsigned char>(character) >= 0x80;
}

/// Returns the number of equal characters from `at` on.
std::size_t run_at(std::string_view text, std::size_t at) {
  const auto end = text.find_first_not_of(text[at], at);
  return (end == nowhere ? text.size() : end) - at;
}

/// Returns the end of the code span that begins at `at`, or `nowhere`.
std::size_t end_of_code(std::string_view text, std::size_t at) {
  const auto marks = run_at(text, at);
  for (auto next = text.find('`', at + marks); next != nowhere;) {
    const auto size = run_at(text, next);
    if (size == marks)
      return next + size;
    next = text.find('`', next + size);
  }
  return nowhere;
}

/// Whether the `*` at `at` stands alone between letters or digits.
bool is_product(std::string_view text, std::size_t at) {
  return at > 0 && at + 1 < text.size() && is_letter_or_digit(text[at - 1]) &&
         is_letter_or_digit(text[at + 1]);
}

/// Escapes what md4c would take for markup and what is to stay.
std::string protect(std::string_view text) {
  std::string safe;
  for (std::size_t at = 0; at < text.size();) {
    const char mark = text[at];
    if (mark == '\\') {
      // Before a character that is no mark, the backslash is text, and so is that character.
      const bool is_text = at + 1 < text.size() && kept_escapes.find(text[at + 1]) != nowhere;
      safe += is_text ? "\\\\\\" : "\\";
      if (at + 1 < text.size())
        safe += text[at + 1];
      at += 2;
    } else if (mark == '`') {
      const auto end = end_of_code(text, at);
      const auto size = end == nowhere ? run_at(text, at) : end - at;
      safe += text.substr(at, size);
      at += size;
    } else if (mark == '_' && run_at(text, at) > 1) {
      for (auto left = run_at(text, at); left > 0; --left, ++at)
        safe += "\\_";
    } else if ((mark == '*' && is_product(text, at)) || (mark == '~' && run_at(text, at) == 1)) {
      safe += '\\';
      safe += mark;
      ++at;
    } else {
      const auto size = mark == '~' ? run_at(text, at) : 1;
      safe += text.substr(at, size);
      at += size;
    }
  }
  return safe;
}

/// Returns the text that an entity stands for; unknown ones stand for themselves.
std::string text_of_entity(std::string_view entity) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> named{{
      {"&amp;", "&"},
      {"&lt;", "<"},
      {"&gt;", ">"},
      {"&quot;", "\""},
      {"&apos;", "'"},
      {"&nbsp;", "\u00A0"},
  }};
  for (const auto& [name, text] : named)
    if (name == entity)
      return std::string{text};
  if (!entity.starts_with("&#") || entity.size() < 4)
    return std::string{entity};
  auto digits = entity.substr(2, entity.size() - 3);
  const bool hex = digits.front() == 'x' || digits.front() == 'X';
  digits.remove_prefix(hex ? 1 : 0);
  std::int32_t code = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
  // Control characters are as unwelcome here as anywhere in the text of a model.
  if (code < 0x20 || (code >= 0x7F && code < 0xA0) || !utf8proc_codepoint_valid(code))
    return std::string{entity};
  std::array<utf8proc_uint8_t, 4> bytes{};
  const auto size = utf8proc_encode_char(code, bytes.data());
  return {reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(size)};
}

/// Collects what md4c reports.
struct Collector {
  StyledText runs = {};
  TextStyle style = {};
  std::size_t skip = 0;                ///< bytes of the context before the text
  std::vector<std::size_t> links = {}; ///< where the texts of open links begin, in bytes
  std::size_t size = 0;                ///< of all runs, in bytes

  void add(std::string text) {
    const auto dropped = std::min(skip, text.size());
    skip -= dropped;
    text.erase(0, dropped);
    if (text.empty())
      return;
    size += text.size();
    if (!runs.empty() && runs.back().style == style)
      runs.back().text += text;
    else
      runs.push_back({std::move(text), style});
  }

  [[nodiscard]] std::string text_from(std::size_t begin) const {
    std::string all;
    for (const auto& run : runs)
      all += run.text;
    return all.substr(begin);
  }

  void set(MD_SPANTYPE type, bool on) {
    switch (type) {
    case MD_SPAN_EM:
      style.emphasis = on;
      break;
    case MD_SPAN_STRONG:
      style.strong = on;
      break;
    case MD_SPAN_CODE:
      style.code = on;
      break;
    case MD_SPAN_DEL:
      style.struck = on;
      break;
    case MD_SPAN_A:
    case MD_SPAN_IMG:
      style.underlined = on;
      break;
    default:
      break;
    }
  }

  void enter(MD_SPANTYPE type) {
    set(type, true);
    if (type == MD_SPAN_A || type == MD_SPAN_IMG)
      links.push_back(size);
  }

  void leave(MD_SPANTYPE type, const void* detail) {
    set(type, false);
    if (type != MD_SPAN_A && type != MD_SPAN_IMG)
      return;
    const auto& attribute = type == MD_SPAN_A ? static_cast<const MD_SPAN_A_DETAIL*>(detail)->href
                                              : static_cast<const MD_SPAN_IMG_DETAIL*>(detail)->src;
    const std::string target{attribute.text, attribute.size};
    const auto shown = text_from(links.back());
    links.pop_back();
    if (target.empty() || target == shown || target == "mailto:" + shown)
      return;
    const auto before = std::exchange(style, {.faint = true});
    add(" (" + target + ")");
    style = before;
  }
};

StyledText parse_with_md4c(const std::string& text, std::size_t skip) {
  Collector collector{.skip = skip};
  MD_PARSER parser{};
  parser.flags = MD_FLAG_NOHTMLBLOCKS | MD_FLAG_NOHTMLSPANS | MD_FLAG_NOINDENTEDCODEBLOCKS |
                 MD_FLAG_STRIKETHROUGH;
  parser.enter_block = [](MD_BLOCKTYPE, void*, void*) { return 0; };
  parser.leave_block = [](MD_BLOCKTYPE, void*, void*) { return 0; };
  parser.enter_span = [](MD_SPANTYPE type, void*, void* to) {
    static_cast<Collector*>(to)->enter(type);
    return 0;
  };
  parser.leave_span = [](MD_SPANTYPE type, void* detail, void* to) {
    static_cast<Collector*>(to)->leave(type, detail);
    return 0;
  };
  parser.text = [](MD_TEXTTYPE type, const MD_CHAR* part, MD_SIZE size, void* to) {
    const std::string_view shown{part, size};
    static_cast<Collector*>(to)->add(type == MD_TEXT_ENTITY ? text_of_entity(shown)
                                                            : std::string{shown});
    return 0;
  };
  if (md_parse(text.data(), static_cast<MD_SIZE>(text.size()), &parser, &collector) != 0)
    return {{text.substr(skip), {}}};
  return std::move(collector.runs);
}

/// The markup that is open while a line is read. `mark` is `[` or a character of emphasis.
struct OpenMark {
  char mark;
  std::size_t count;
};

/// Reads a line from its beginning, and finds out where no markup is open.
class SettledReader {
public:
  explicit SettledReader(std::string_view text) : text_{text} {}

  std::size_t read() {
    while (at_ < text_.size() && step()) {
    }
    return settled_;
  }

private:
  /// Returns false where what follows is needed to go on.
  bool step() {
    const char mark = text_[at_];
    if (is_blank(mark)) {
      ++at_;
      if (open_.empty())
        settled_ = at_;
      return true;
    }
    switch (mark) {
    case '\\':
      return skip_to(at_ + 2);
    case '`':
      return skip_to(end_of_code(text_, at_));
    case '*':
    case '_':
    case '~':
      return emphasis(mark);
    case '[':
      open_.push_back({mark, 1});
      return skip_to(at_ + 1);
    case ']':
      return end_of_brackets();
    case '<':
      return angle();
    case '&':
      return skip_to(text_.find_first_not_of(entity_characters, at_ + 1));
    default:
      break;
    }
    const auto character = character_at(text_, at_);
    at_ += character.bytes;
    if (character.cells == 2 && open_.empty() && at_ < text_.size())
      settled_ = at_;
    return true;
  }

  /// Goes on behind a mark, if the character there is known.
  bool skip_to(std::size_t end) {
    at_ = std::min(end, text_.size());
    return at_ < text_.size();
  }

  bool emphasis(char mark) {
    const auto count = run_at(text_, at_);
    const auto end = at_ + count;
    if (end == text_.size())
      return false;
    const char before = at_ == 0 ? ' ' : text_[at_ - 1];
    const char after = text_[end];
    const bool plain = (mark == '*' && count == 1 && is_product(text_, at_)) ||
                       (mark == '_' && count > 1) || (mark == '~' && count != 2);
    const bool opens = !is_blank(after) && (mark != '_' || !is_of_word(before));
    const bool closes = !is_blank(before) && (mark != '_' || !is_of_word(after));
    if (!plain && !(closes && close(mark, count)) && opens)
      open_.push_back({mark, count});
    return skip_to(end);
  }

  /// Returns whether anything was open that these marks end.
  bool close(char mark, std::size_t count) {
    bool any = false;
    while (count > 0) {
      const auto opened = std::find_if(open_.rbegin(), open_.rend(),
                                       [mark](const OpenMark& each) { return each.mark == mark; });
      if (opened == open_.rend())
        break;
      any = true;
      // What was opened in between stays literal.
      open_.erase(opened.base(), open_.end());
      const auto ended = std::min(count, open_.back().count);
      count -= ended;
      open_.back().count -= ended;
      if (open_.back().count == 0)
        open_.pop_back();
    }
    return any;
  }

  bool end_of_brackets() {
    if (!close('[', 1) || (at_ + 1 < text_.size() && text_[at_ + 1] != '('))
      return skip_to(at_ + 1);
    std::size_t depth = 0;
    for (auto at = at_ + 1; at < text_.size(); ++at) {
      if (text_[at] == '(')
        ++depth;
      else if (text_[at] == ')' && --depth == 0)
        return skip_to(at + 1);
    }
    return false;
  }

  /// An address in angle brackets.
  bool angle() {
    if (at_ + 1 < text_.size() && !is_letter_or_digit(text_[at_ + 1]))
      return skip_to(at_ + 1);
    return skip_to(text_.find_first_of("<> \t", at_ + 1));
  }

  static constexpr std::string_view entity_characters =
      "#0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t settled_ = 0;
  std::vector<OpenMark> open_;
};

} // namespace

StyledText parse_inline(std::string_view text, std::string_view before) {
  constexpr std::string_view active = "\\`*_~[]<&!";
  if (text.find_first_of(active) == nowhere)
    return text.empty() ? StyledText{} : StyledText{{std::string{text}, {}}};
  // md4c reads a whole document. A word before the text keeps it from seeing a list or a heading
  // there, and the character before the text decides whether a mark opens or closes.
  std::string context{"x"};
  if (before.empty())
    context += ' ';
  else if (!is_blank(text.front()))
    context += before.find_first_of(active) == nowhere ? before : ".";
  // md4c drops white space at the end.
  const auto end = text.find_last_not_of(" \t") + 1;
  auto runs = parse_with_md4c(context + protect(text.substr(0, end)), context.size());
  if (end < text.size())
    runs.push_back({std::string{text.substr(end)}, {}});
  return runs;
}

std::size_t settled_size(std::string_view text) { return SettledReader{text}.read(); }

} // namespace nexus::llm::cli
