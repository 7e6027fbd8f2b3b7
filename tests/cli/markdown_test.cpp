// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "runtime/cli/terminal/inline_markdown.hpp"
#include "runtime/cli/terminal/markdown_line.hpp"
#include "runtime/cli/terminal/markdown_table.hpp"
#include "runtime/cli/terminal/markdown_view.hpp"
#include "runtime/cli/terminal/text_width.hpp"
#include "tests/cli/screen.hpp"

namespace nexus::llm::cli::test {

namespace markdown_test {

namespace {

/// What is written for a text that comes in one piece.
std::string shown(std::string_view text, std::size_t cells = 80, bool styled = true) {
  MarkdownView view{styled, cells};
  auto all = view.feed(text);
  return all + view.finish();
}

std::string plainly(std::string_view text, std::size_t cells = 80) {
  return shown(text, cells, false);
}

/// What a screen shows of it.
std::string on_screen(std::string_view text, int cells, bool styled = true) {
  Screen screen{cells, 60};
  for (const char byte : shown(text, static_cast<std::size_t>(cells), styled))
    screen.feed(byte == '\n' ? "\r\n" : std::string_view{&byte, 1});
  return screen.text();
}

std::string without_escapes(std::string_view text) {
  std::string bare;
  for (std::size_t at = 0; at < text.size(); ++at)
    if (text[at] == '\033')
      at = text.find('m', at);
    else
      bare += text[at];
  return bare;
}

/// The text without white space and without what may be a mark.
std::string letters_of(std::string_view text) {
  constexpr std::string_view dropped = " \t\n*_`#>-+|~[]()!:<&;\\";
  std::string letters;
  for (std::size_t at = 0; at < text.size();) {
    const auto character = text.substr(at, character_at(text, at).bytes);
    at += character.size();
    if (character != "│" && character != "•" && character != "─" &&
        dropped.find(character) == std::string_view::npos)
      letters += character;
  }
  return letters;
}

constexpr std::string_view sample =
    "# The *first* heading\n"
    "\n"
    "Some **bold words** and *slanted* ones, `code a*b`, snake_case_name and 2*3*4.\n"
    "A [link](https://example.org/a_b) and ![picture](p.png); &lt;b&gt; and \\*no\\*.\n"
    "Not closed: **open and `open\n"
    "\n"
    "- an item that is so long that it does not fit into a narrow terminal at all\n"
    "  - within, with **bold text that is broken over lines**\n"
    "    goes on\n"
    "10. tenth\n"
    "\n"
    "> quoted *text* that goes on and on and on for a while\n"
    ">> deeper\n"
    "\n"
    "```python\n"
    "def f(*args, **kwargs):\n"
    "\n"
    "    return `x` * 2  # ~~no~~\n"
    "```\n"
    "  ~~~\n"
    "  indented\n"
    "  ~~~\n"
    "| a | **b** | c\\|d |\n"
    "|:--|:-:|--:|\n"
    "| 猫 | e\u0301 | 3 |\n"
    "| x | y |\n"
    "after | the table\n"
    "| no table\n"
    "---\n"
    "中文**粗体**文字，没有空格。\n"
    "👩\u200D👩\u200D👧 ⚠\uFE0F 🇩🇪 emoji ~~gone~~ ~5\n"
    "\t\n"
    "\n"
    "    code = a*b*c\n"
    "\n"
    "\\(x_1\\) and \\[y\\] <https://example.org> a < b\n"
    "> ```\n"
    "> a*b*c\n"
    "out of it\n"
    "the last line has no end **";

} // namespace

BOOST_AUTO_TEST_SUITE(markdown)

BOOST_AUTO_TEST_CASE(text_without_marks_stays_as_it_is) {
  BOOST_TEST(shown("Hello, world.\n\nTwo.") == "Hello, world.\n\nTwo.");
  BOOST_TEST(shown("") == "");
  BOOST_TEST(shown("\n\n") == "\n\n");
}

BOOST_AUTO_TEST_CASE(marks_become_styles) {
  BOOST_TEST(shown("a **b** c") == "a \033[1mb\033[0m c");
  BOOST_TEST(shown("*b*") == "\033[3mb\033[0m");
  BOOST_TEST(shown("***b***") == "\033[1;3mb\033[0m");
  BOOST_TEST(shown("`b*c*`, ~~d~~") == "\033[36mb*c*\033[0m, \033[9md\033[0m");
  // What has spaces in it is held back as a whole.
  BOOST_TEST(shown("x `a b` *c d* [e f](g) y") ==
             "x \033[36ma b\033[0m \033[3mc d\033[0m \033[4me f\033[0m\033[2m (g)\033[0m y");
  BOOST_TEST(shown("# A *b*") == "\033[1;4mA \033[0m\033[1;3;4mb\033[0m");
  BOOST_TEST(shown("### A") == "\033[1mA\033[0m");
  BOOST_TEST(shown("[a](b)") == "\033[4ma\033[0m\033[2m (b)\033[0m");
  BOOST_TEST(shown("<https://a.b>") == "\033[4mhttps://a.b\033[0m");
  BOOST_TEST(shown("- a\n* b\n+ c\n") == "• a\n• b\n• c\n");
  BOOST_TEST(without_escapes(shown("> a\n> > b")) == "│ a\n│ │ b");
}

BOOST_AUTO_TEST_CASE(no_style_is_switched_on_for_nothing) {
  const auto all = shown(sample);
  for (auto at = all.find("\033["); at != std::string::npos; at = all.find("\033[", at + 1)) {
    const auto end = all.find('m', at);
    const bool is_end = all.substr(at, end - at + 1) == end_of_style;
    const bool for_nothing = !is_end && all.compare(end + 1, 2, "\033[") == 0;
    BOOST_TEST(!for_nothing, all.substr(at, 40));
  }
  // Plain characters of code stand beside each other.
  BOOST_TEST(all.find("def f(*args, **kwargs):\n") != std::string::npos, all);
}

BOOST_AUTO_TEST_CASE(what_is_no_markup_stays) {
  for (const std::string text : {"2*3*4 = 24",
                                 "a * b * c",
                                 "snake_case_name",
                                 "~5 and ~6",
                                 "**kwargs",
                                 "5 * 3",
                                 "a < b > c",
                                 "\\(x\\) \\[y\\]",
                                 "[1] and [x]",
                                 "#hashtag",
                                 "-1",
                                 "1.5 is",
                                 "C:\\dir",
                                 "* ",
                                 "a & b; c",
                                 "$a_b$",
                                 "__init__.py and __x__",
                                 "\\{x\\} a \\\\ b \\, \\(",
                                 "say \\\"hi\\\" \\d",
                                 "![",
                                 "](",
                                 "**",
                                 "`",
                                 "x ** y",
                                 "f(*a, *b)",
                                 "&unknown; &#27;",
                                 "_",
                                 "--"})
    BOOST_TEST(without_escapes(shown(text)) ==
               (text == "* " ? "• " : text.substr(0, text.find_last_not_of(' ') + 1)));
}

BOOST_AUTO_TEST_CASE(escapes_and_entities_are_what_they_stand_for) {
  BOOST_TEST(shown("\\*a\\* &lt;b&gt; &amp; &#65; &#x42;") == "*a* <b> & A B");
}

BOOST_AUTO_TEST_CASE(control_characters_of_the_text_are_dropped) {
  BOOST_TEST(shown("a\033[31mb\r\ac\xC2\x9B"
                   "d") == "a[31mbcd");
  BOOST_TEST(shown("x\033") == "x");
}

BOOST_AUTO_TEST_CASE(every_split_shows_the_same) {
  for (const bool styled : {true, false})
    for (const std::size_t cells : {1U, 2U, 17U, 30U, 80U}) {
      const auto whole = shown(sample, cells, styled);
      for (std::size_t at = 0; at <= sample.size(); ++at) {
        MarkdownView view{styled, cells};
        auto all = view.feed(sample.substr(0, at));
        all += view.feed(sample.substr(at));
        all += view.finish();
        BOOST_REQUIRE_EQUAL(all, whole);
      }
      MarkdownView view{styled, cells};
      std::string all;
      for (const char byte : sample)
        all += view.feed({&byte, 1});
      all += view.finish();
      BOOST_REQUIRE_EQUAL(all, whole);
    }
}

BOOST_AUTO_TEST_CASE(random_text_is_split_anywhere_and_loses_nothing) {
  const std::vector<std::string> parts{
      "*",  "**", "_",    "`",    "```", "\n",    "\n\n", "    ", "- ",     "1. ", "> ",
      "# ", "| ", "|--|", "[",    "](",  ")",     "~~",   "a",    "bc",     "中",  "é",
      "\\", " ",  "<",    "&lt;", "---", "word ", "\t",   "👩",    "\u200D", "!",   "\xE2\x82"};
  std::mt19937 random{20};
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    const auto count = random() % 40;
    for (std::size_t i = 0; i < count; ++i)
      text += parts[random() % parts.size()];
    const auto cells = 1 + random() % 40;
    const bool styled = random() % 2 == 0;
    const auto whole = shown(text, cells, styled);
    MarkdownView view{styled, cells};
    std::string all;
    for (std::size_t at = 0; at < text.size();) {
      const auto size = 1 + random() % 7;
      all += view.feed(std::string_view{text}.substr(at, size));
      at += size;
    }
    all += view.finish();
    BOOST_REQUIRE_EQUAL(all, whole);
    // Entities are the only letters that may change, and images and links may be told apart.
    if (text.find("&lt;") == std::string::npos && text.find('|') == std::string::npos)
      BOOST_REQUIRE_MESSAGE(letters_of(without_escapes(whole)) == letters_of(text),
                            text << "\nbecame\n"
                                 << whole);
    if (!styled)
      BOOST_REQUIRE(whole.find('\033') == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(words_come_when_they_end_and_styles_when_they_close) {
  MarkdownView view{true, 80};
  BOOST_TEST(view.feed("Hel") == "");
  BOOST_TEST(view.feed("lo ") == "Hello");
  BOOST_TEST(view.feed("you ") == " you");
  BOOST_TEST(view.feed("**bold ") == "");
  BOOST_TEST(view.feed("and") == "");
  BOOST_TEST(view.feed("** so ") == " \033[1mbold and\033[0m so");
  BOOST_TEST(view.finish() == "");
}

BOOST_AUTO_TEST_CASE(an_opener_without_an_end_does_not_hold_the_text_back_for_long) {
  MarkdownView view{true, 1000};
  auto all = view.feed("**begin ");
  std::size_t fed = 8;
  for (; all.empty() && fed < 2 * MarkdownView::longest_hold; fed += 5)
    all += view.feed("word ");
  BOOST_TEST(fed <= MarkdownView::longest_hold + 10);
  BOOST_TEST(all.starts_with("**begin word"), all);
  MarkdownView dense{true, 100};
  BOOST_TEST(!dense.feed("`" + std::string(2 * MarkdownView::longest_hold, 'a')).empty());
}

BOOST_AUTO_TEST_CASE(lines_break_between_words_with_a_hanging_indent) {
  BOOST_TEST(shown("one two three", 9) == "one two\nthree");
  BOOST_TEST(shown("- one two three", 9) == "• one two\n  three");
  BOOST_TEST(shown("10. one two", 7) == "10. one\n   two");
  BOOST_TEST(shown("**one two**", 4) == "\033[1mone\033[0m\n\033[1mtwo\033[0m");
  BOOST_TEST(without_escapes(shown("> one two", 6)) == "│ one\n│ two");
  // A line that is exactly full.
  BOOST_TEST(shown("one two three", 7) == "one two\nthree");
}

BOOST_AUTO_TEST_CASE(width_counts_cells_not_characters) {
  BOOST_TEST(shown("猫猫 猫", 4) == "猫猫\n猫");
  BOOST_TEST(shown("猫猫猫猫猫", 4) == "猫猫\n猫猫\n猫");
  BOOST_TEST(shown("猫猫。猫", 4) == "猫\n猫。\n猫");
  BOOST_TEST(shown("e\u0301e\u0301 e\u0301", 4) == "e\u0301e\u0301 e\u0301");
  // An emoji of several parts is not torn.
  BOOST_TEST(shown("a👩\u200D👧b", 3).find("👩\u200D👧") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_word_that_is_too_wide_is_left_to_the_terminal) {
  const std::string url = "https://example.org/a/very/long/path";
  BOOST_TEST(shown("see " + url + " now", 20) == "see\n" + url + " now");
  BOOST_TEST(on_screen("see " + url + " now", 20) ==
             "see\nhttps://example.org/\na/very/long/path now");
}

BOOST_AUTO_TEST_CASE(code_is_shown_as_it_is) {
  const std::string code = "def f(*args, **kw):\n\treturn  `x` * 2 + 1234567890 + 1234567890\n\n";
  const auto all = shown("```python\n" + code + "```\nafter", 20);
  BOOST_TEST(all.find(code) != std::string::npos, all);
  BOOST_TEST(without_escapes(all).starts_with("── python ─"), all);
  BOOST_TEST(plainly("```python\n" + code + "```\n") == "```python\n" + code + "```\n");
}

BOOST_AUTO_TEST_CASE(code_comes_while_it_is_written) {
  MarkdownView view{true, 80};
  static_cast<void>(view.feed("```\n"));
  BOOST_TEST(view.feed("int x") == "int x");
  BOOST_TEST(view.feed(" = ") == " = ");
}

BOOST_AUTO_TEST_CASE(a_block_of_code_ends_where_its_fence_does) {
  const auto bare = [](std::string_view text) { return without_escapes(shown(text, 4)); };
  BOOST_TEST(bare("````\n```\na\n````\n*b*") == "────\n```\na\n────\nb");
  BOOST_TEST(bare("~~~\n```\na\n~~~~\n*b*") == "────\n```\na\n────\nb");
  // The indent of the fence is not that of the code.
  BOOST_TEST(bare("- a\n  ```\n  b\n    c\n  ```\n") == "• a\n────\nb\n  c\n────\n");
  BOOST_TEST(bare("- ```\n  *b*\n  ```") == "• ────\n*b*\n────");
  BOOST_TEST(bare("> ```\n> *b*\nc") == "────\n│ *b*\nc");
  // Without an end, all of the rest is code.
  BOOST_TEST(bare("```\n*a*") == "────\n*a*");
  // No fence: code within the line.
  BOOST_TEST(bare("```a``` b") == "a b");
}

BOOST_AUTO_TEST_CASE(indented_lines_are_code_only_outside_of_lists) {
  BOOST_TEST(shown("a\n\n    b*c*d  e\n") == "a\n\n    b*c*d  e\n");
  BOOST_TEST(shown("- a\n\n    *b*\n") == "• a\n\n    \033[3mb\033[0m\n");
}

BOOST_AUTO_TEST_CASE(tables_are_aligned_by_display_width) {
  const std::string table = "| 猫 | b |\n|---|--:|\n| a | 10 |\n| **xyz** | 2 |\n";
  BOOST_TEST(without_escapes(shown(table)) == "猫    b\n───  ──\na    10\nxyz   2\n");
  BOOST_TEST(plainly(table) == "猫        b\n───────  ──\na        10\n**xyz**   2\n");
  BOOST_TEST(shown("| a | b\nno") == "| a | b\nno");
  BOOST_TEST(without_escapes(shown("|a|b|\n|-|-|")) == "a  b\n─  ─\n");
  BOOST_TEST(without_escapes(shown("|a|\n|-|\n|x\\|y|\n*b*")) == "a\n───\nx|y\nb");
}

BOOST_AUTO_TEST_CASE(a_table_that_is_too_wide_is_broken_within_its_cells) {
  const std::string table = "| name | what it does |\n|---|---|\n| one | this is a long text |\n";
  BOOST_TEST(without_escapes(shown(table, 20)) ==
             "name  what it does\n────  ──────────────\none   this is a long\n      text\n");
  BOOST_TEST(without_escapes(shown(table, 12)) ==
             "name: one\nwhat it\n  does: this\n  is a long\n  "
             "text\n");
}

BOOST_AUTO_TEST_CASE(a_table_is_not_held_back_without_end) {
  std::string table = "|a|\n|-|\n";
  MarkdownView view{true, 80};
  auto all = view.feed(table);
  BOOST_TEST(all == "");
  for (std::size_t row = 0; row < MarkdownView::longest_table + 2; ++row)
    all += view.feed("|x|\n");
  BOOST_TEST(!all.empty());
  all += view.finish();
  BOOST_TEST(std::ranges::count(all, 'x') == MarkdownView::longest_table + 2);
}

BOOST_AUTO_TEST_CASE(a_change_of_the_width_holds_from_the_next_line) {
  MarkdownView view{true, 30};
  auto all = view.feed("one two three ");
  view.set_width(8);
  all += view.feed("four five six seven eight nine ten\neleven twelve");
  all += view.finish();
  BOOST_TEST(all == "one two three four five six\nseven\neight\nnine ten\neleven\ntwelve");
}

BOOST_AUTO_TEST_CASE(without_styles_marks_stay_and_lines_are_broken) {
  BOOST_TEST(plainly("# A **b** `c`\n- d e f\n", 7) == "# A\n**b**\n`c`\n- d e f\n");
  BOOST_TEST(plainly("> one two", 6) == "> one\n> two");
}

BOOST_AUTO_TEST_CASE(a_text_after_an_end_begins_anew) {
  MarkdownView view{true, 80};
  static_cast<void>(view.feed("```\ncode"));
  static_cast<void>(view.finish());
  BOOST_TEST(view.feed("*a*\n") == "\033[3ma\033[0m\n");
}

BOOST_AUTO_TEST_CASE(a_screen_of_thirty_columns_shows_it) {
  BOOST_TEST(on_screen("# Title\n\nThis is *text* that is wider than that.\n\n- one item that is "
                       "long enough\n",
                       30) == "Title\n\nThis is text that is wider\nthan that.\n\n"
                              "• one item that is long enough");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace markdown_test

} // namespace nexus::llm::cli::test
