// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/line_editor.hpp"

#include <boost/test/unit_test.hpp>

#include "runtime/cli/terminal/key_decoder.hpp"
#include "tests/cli/screen.hpp"

namespace nexus::llm::cli::test {

BOOST_AUTO_TEST_SUITE(line_editor)

namespace {

/// An editor whose keyboard and terminal are here.
struct Desk {
  explicit Desk(int columns = 20, int rows = 6)
      : size{static_cast<std::size_t>(columns), static_cast<std::size_t>(rows)}, screen{columns,
                                                                                        rows} {
    screen.feed(editor.begin(">>> ", size));
  }

  /// Types, a few bytes at a time; what came of the last key.
  LineEditor::Event type(std::string_view bytes, std::size_t piece = 7) {
    auto event = LineEditor::Event::none;
    while (!bytes.empty()) {
      keys.feed(bytes.substr(0, piece));
      bytes.remove_prefix(std::min(piece, bytes.size()));
      while (const auto key = keys.next()) {
        std::string output;
        event = editor.press(*key, output);
        screen.feed(output);
      }
    }
    return event;
  }

  /// Types and enters; the text that was entered.
  std::string enter(std::string_view bytes) {
    type(std::string{bytes} + "\r");
    auto text = editor.text();
    screen.feed(editor.begin(">>> ", size));
    return text;
  }

  ScreenSize size;
  LineEditor editor;
  KeyDecoder keys;
  Screen screen;
};

std::string pasted(std::string_view text) { return "\033[200~" + std::string{text} + "\033[201~"; }

constexpr std::string_view left = "\033[D";
constexpr std::string_view right = "\033[C";
constexpr std::string_view up = "\033[A";
constexpr std::string_view down = "\033[B";
constexpr std::string_view backspace = "\x7F";

std::string times(std::size_t count, std::string_view text) {
  std::string all;
  while (count-- > 0)
    all += text;
  return all;
}

} // namespace

BOOST_AUTO_TEST_CASE(function_keys_type_nothing) {
  // As a Linux console, xterm and rxvt send them.
  Desk desk;
  BOOST_TEST(desk.enter("a\033[[A\033[[Eb\033OPc\033[15~d") == "abcd");
}

BOOST_AUTO_TEST_CASE(what_is_typed_is_shown_and_entered) {
  Desk desk;
  BOOST_TEST((desk.type("hello") == LineEditor::Event::none));
  BOOST_TEST(desk.screen.text() == ">>> hello");
  BOOST_TEST(desk.screen.cursor_column() == 9);
  BOOST_TEST((desk.type("\r") == LineEditor::Event::line));
  BOOST_TEST(desk.editor.text() == "hello");
  BOOST_TEST(desk.screen.cursor_row() == 1);
  BOOST_TEST(desk.screen.cursor_column() == 0);
}

BOOST_AUTO_TEST_CASE(backspace_takes_a_character_away_with_all_of_its_cells) {
  for (const std::string_view character :
       {"e", "\xC3\xA9", "\xE9\x97\xB4", "e\xCC\x81", "\xF0\x9F\x98\x80",
        // a family of three, joined
        "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7"}) {
    Desk desk;
    desk.type("\xE6\x97\xB6" + std::string{character});
    desk.type(backspace);
    BOOST_TEST(desk.screen.text() == ">>> \xE6\x97\xB6");
    BOOST_TEST(desk.screen.cursor_column() == 6);
    desk.type("\r");
    BOOST_TEST(desk.editor.text() == "\xE6\x97\xB6");
  }
}

BOOST_AUTO_TEST_CASE(keys_move_the_cursor_and_change_the_text) {
  Desk desk{40};
  BOOST_TEST(desk.enter("bd" + times(2, left) + "a" + std::string{right} + "c") == "abcd");
  BOOST_TEST(desk.enter("one two\x01zero \x05 three") == "zero one two three");
  BOOST_TEST(desk.enter("one two three\x17") == "one two ");
  BOOST_TEST(desk.enter("one two\033b\x0B") == "one ");
  BOOST_TEST(desk.enter("one two\x15three") == "three");
  BOOST_TEST(desk.enter("one two\x17\x01\x19 ") == "two one ");
  BOOST_TEST(desk.enter("abc\x01\033[3~\x04") == "c");
  BOOST_TEST(desk.enter("abc\033[H1\033[F2\033OH3") == "31abc2");
  BOOST_TEST(desk.enter("one two three\033[1;5D\033[1;5DX") == "one Xtwo three");
}

BOOST_AUTO_TEST_CASE(keys_that_mean_nothing_do_nothing) {
  Desk desk;
  BOOST_TEST(desk.enter("a\033[15~\033[99;2u\033OPb\x1E\x16"
                        "c\033\033[Dd") == "abdc");
}

BOOST_AUTO_TEST_CASE(earlier_texts_come_back) {
  Desk desk;
  desk.enter("first");
  desk.enter("second");
  desk.enter("second");
  BOOST_TEST(desk.enter("new" + times(2, up)) == "first");
  desk.type("new" + times(9, up));
  BOOST_TEST(desk.editor.text() == "first");
  desk.type(times(9, down));
  BOOST_TEST(desk.editor.text() == "new");
}

BOOST_AUTO_TEST_CASE(a_search_finds_earlier_texts) {
  Desk desk{40};
  desk.enter("git diff");
  desk.enter("explain CAF");
  desk.enter("git log");
  desk.type("new\x12");
  BOOST_TEST(desk.screen.text().ends_with("(search) : new"), desk.screen.text());
  desk.type("git");
  BOOST_TEST(desk.screen.text().ends_with("(search) git: git log"), desk.screen.text());
  desk.type("\x12");
  BOOST_TEST(desk.screen.text().ends_with("(search) git: git diff"), desk.screen.text());
  desk.type("\x12");
  BOOST_TEST(desk.screen.text().ends_with("(not found) git: git diff"), desk.screen.text());
  desk.type(times(3, backspace) + "CAF");
  BOOST_TEST(desk.screen.text().ends_with("(search) CAF: explain CAF"), desk.screen.text());
  BOOST_TEST(desk.enter("") == "explain CAF");
}

BOOST_AUTO_TEST_CASE(a_search_goes_on_as_editing_or_is_given_up) {
  Desk desk{40};
  desk.enter("first");
  desk.enter("second");
  // The next key of another kind applies to what was found, and the arrows go on from there.
  BOOST_TEST(desk.enter("\x12"
                        "sec\x05!") == "second!");
  BOOST_TEST(desk.enter("\x12"
                        "sec\x12" +
                        std::string{up}) == "first");
  BOOST_TEST(desk.enter("new\x12"
                        "fir\x07 text") == "new text");
  BOOST_TEST(desk.screen.text().ends_with(">>>"), desk.screen.text());
  Desk empty{40};
  BOOST_TEST(empty.enter("\x12"
                         "x\x7F\x12\x07"
                         "typed") == "typed");
}

BOOST_AUTO_TEST_CASE(a_search_ends_where_the_program_interrupts_it) {
  Desk desk{40};
  desk.enter("first");
  desk.type("\x12"
            "fir");
  desk.screen.feed(desk.editor.leave());
  desk.screen.feed(desk.editor.begin(">>> ", desk.size));
  BOOST_TEST(desk.screen.text().ends_with(">>> first\n>>>"), desk.screen.text());
  BOOST_TEST(desk.enter("x") == "x");
}

BOOST_AUTO_TEST_CASE(a_text_can_begin_with_another) {
  Desk desk{40};
  desk.enter("old");
  desk.screen.feed(desk.editor.leave());
  desk.screen.feed(desk.editor.begin(">>> ", desk.size, "fail"));
  BOOST_TEST(desk.enter("ed") == "failed");
}

BOOST_AUTO_TEST_CASE(an_answer_to_a_question_is_no_earlier_text) {
  Desk desk{40};
  desk.enter("old");
  desk.screen.feed(desk.editor.begin_answer("Really? ", desk.size));
  BOOST_TEST((desk.type(std::string{up} + "\x12y\x18\x05\r") == LineEditor::Event::line));
  BOOST_TEST(desk.editor.text() == "y");
  desk.screen.feed(desk.editor.begin(">>> ", desk.size));
  BOOST_TEST(desk.enter(up) == "old");
}

BOOST_AUTO_TEST_CASE(tab_completes_a_command_and_is_a_tab_elsewhere) {
  Desk desk{60};
  BOOST_TEST(desk.enter("a\tb") == "a\tb");
  BOOST_TEST((desk.type("/mo x\033[D\033[D\t") == LineEditor::Event::complete));
  BOOST_TEST(desk.editor.before_cursor() == "/mo");
  desk.screen.feed(desk.editor.complete({0, {"/model"}}));
  BOOST_TEST(desk.enter("") == "/model x");
  desk.type("/model ll\t");
  desk.screen.feed(desk.editor.complete({7, {"llama3:8b", "llama3:70b"}}));
  BOOST_TEST(desk.editor.text() == "/model llama3:");
  desk.type("\t");
  desk.screen.feed(desk.editor.complete({7, {"llama3:8b", "llama3:70b\033[2J"}}));
  BOOST_TEST(desk.screen.text().ends_with(">>> /model llama3:\nllama3:8b  llama3:70b[2J\n"
                                          ">>> /model llama3:"),
             desk.screen.text());
  desk.screen.feed(desk.editor.complete({7, {}}));
  desk.type("8");
  desk.screen.feed(desk.editor.complete({7, {"llama3:8b"}}));
  BOOST_TEST(desk.enter("") == "/model llama3:8b ");
}

BOOST_AUTO_TEST_CASE(another_editor_is_asked_for_with_two_keys) {
  Desk desk;
  BOOST_TEST((desk.type("a\x18\x05", 1) == LineEditor::Event::edit));
  BOOST_TEST((desk.type("\x18x", 1) == LineEditor::Event::none));
  BOOST_TEST(desk.enter("b") == "ab");
}

BOOST_AUTO_TEST_CASE(a_text_wraps_where_the_terminal_wraps_it) {
  Desk desk;
  desk.type("0123456789abcdef");
  BOOST_TEST(desk.screen.text() == ">>> 0123456789abcdef");
  BOOST_TEST(desk.screen.cursor_row() == 1);
  BOOST_TEST(desk.screen.cursor_column() == 0);
  desk.type("ghi");
  BOOST_TEST(desk.screen.text() == ">>> 0123456789abcdef\nghi");
  desk.type(times(4, backspace));
  BOOST_TEST(desk.screen.text() == ">>> 0123456789abcde");
  BOOST_TEST(desk.screen.cursor_row() == 0);
  desk.type("\x01xyz");
  BOOST_TEST(desk.screen.text() == ">>> xyz0123456789abc\nde");
  BOOST_TEST(desk.screen.cursor_column() == 7);
}

BOOST_AUTO_TEST_CASE(a_wide_character_does_not_stand_over_the_edge) {
  Desk desk;
  desk.type("0123456789abcde\xE6\x97\xB6x");
  BOOST_TEST(desk.screen.text() == ">>> 0123456789abcde\n\xE6\x97\xB6x");
  BOOST_TEST(desk.screen.cursor_column() == 3);
  desk.type(times(2, backspace));
  BOOST_TEST(desk.screen.text() == ">>> 0123456789abcde");
}

BOOST_AUTO_TEST_CASE(a_text_of_any_length_is_entered_whole) {
  std::string text;
  for (int i = 0; i < 2000; ++i)
    text += std::to_string(i) + " ";
  Desk desk;
  desk.type(text, 512);
  // The screen shows its end, and the cursor behind it.
  BOOST_TEST(desk.screen.cursor_row() == 5);
  desk.type("\x01\x05" + std::string{left} + "!");
  BOOST_TEST(desk.screen.text().ends_with("1999!"), desk.screen.text());
  BOOST_TEST(desk.enter("") == text.substr(0, text.size() - 1) + "! ");
}

BOOST_AUTO_TEST_CASE(in_a_text_that_is_higher_than_the_screen_the_cursor_is_seen) {
  Desk desk;
  desk.type(pasted("a\nb\nc\nd\ne\nf\ng\nh"));
  BOOST_TEST(desk.screen.text() == "... c\n... d\n... e\n... f\n... g\n... h");
  desk.type("\x01");
  BOOST_TEST(desk.screen.text() == ">>> a\n... b\n... c\n... d\n... e\n... f");
  BOOST_TEST(desk.screen.cursor_row() == 0);
  desk.type("X\x05Y");
  BOOST_TEST(desk.screen.text() == "... c\n... d\n... e\n... f\n... g\n... hY");
  BOOST_TEST(desk.enter("") == "Xa\nb\nc\nd\ne\nf\ng\nhY");
}

BOOST_AUTO_TEST_CASE(several_pasted_lines_are_one_text) {
  for (const std::string_view line_end : {"\r", "\n", "\r\n"}) {
    Desk desk;
    const auto text =
        "int f() {" + std::string{line_end} + "\treturn 0;" + std::string{line_end} + "}";
    BOOST_TEST((desk.type(pasted(text)) == LineEditor::Event::none));
    BOOST_TEST(desk.screen.text() == ">>> int f() {\n...     return 0;\n... }");
    BOOST_TEST(desk.enter(" // ?") == "int f() {\n\treturn 0;\n} // ?");
  }
}

BOOST_AUTO_TEST_CASE(a_line_end_can_be_typed) {
  Desk desk;
  BOOST_TEST(desk.enter("one\033\rtwo") == "one\ntwo");
}

BOOST_AUTO_TEST_CASE(what_a_terminal_would_obey_is_shown_and_not_obeyed) {
  Desk desk;
  desk.type(pasted("a\033[2Jb\x07\xC2\x9B"
                   "c"));
  BOOST_TEST(desk.screen.text() == ">>> a^[[2Jb^G?c");
  BOOST_TEST(desk.enter("") == "a\033[2Jb\x07\xC2\x9B"
                               "c");
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_text_are_marked) {
  Desk desk;
  BOOST_TEST(desk.enter("caf\xE9 ok") == "caf\xEF\xBF\xBD ok");
  BOOST_TEST(desk.enter(pasted("caf\xE9")) == "caf\xEF\xBF\xBD");
}

BOOST_AUTO_TEST_CASE(the_end_of_input_is_that_of_an_empty_text) {
  Desk desk;
  BOOST_TEST((desk.type("a\x04") == LineEditor::Event::none));
  desk.type(backspace);
  BOOST_TEST((desk.type("\x04") == LineEditor::Event::end));
}

BOOST_AUTO_TEST_CASE(a_terminal_of_another_size_gets_the_text_anew) {
  Desk desk{20, 6};
  desk.type("0123456789abcdefghij");
  Screen wide{40, 6};
  // What such a terminal makes of the two rows that it had.
  wide.feed(">>> 0123456789abcdefghij");
  wide.feed(desk.editor.resize({40, 6}));
  BOOST_TEST(wide.text() == ">>> 0123456789abcdefghij");
  BOOST_TEST(wide.cursor_column() == 24);
}

BOOST_AUTO_TEST_CASE(a_cleared_screen_keeps_the_text) {
  Desk desk;
  desk.enter("before");
  desk.type("ab\x0C");
  BOOST_TEST(desk.screen.text() == ">>> ab");
  desk.type("c");
  BOOST_TEST(desk.screen.text() == ">>> abc");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::llm::cli::test
