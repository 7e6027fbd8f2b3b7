// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <sys/ioctl.h>

#include <string>

#include "tests/cli/fixture.hpp"
#include "tests/cli/screen.hpp"

namespace nexus::llm::cli::test {

namespace answer_terminal_test {

namespace {

constexpr std::string_view reply = "## A title\n\nSome **bold words** that are wider than thirty "
                                   "columns.\n\n```sh\necho *\n```\n";

/// Terminals of some width.
struct Narrow : Fixture {
  Narrow() { simulator->set_reply("llama3.1:8b", std::string{reply}); }

  [[nodiscard]] std::string shown(Arguments arguments, unsigned short columns) const {
    auto options = child_options(std::move(arguments), true);
    options.columns = columns;
    Child child{options};
    BOOST_TEST(child.wait() == 0);
    return child.out();
  }

  [[nodiscard]] static std::string on_screen(const std::string& output, int columns) {
    Screen screen{columns, 24};
    screen.feed(output);
    return screen.text();
  }

  [[nodiscard]] static std::string as_lines(std::string_view text) {
    std::string lines;
    for (const char each : text)
      lines += each == '\n' ? "\r\n" : std::string{each};
    return lines;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(answer_terminal, Narrow)

BOOST_AUTO_TEST_CASE(a_narrow_terminal_shows_words_and_markup) {
  const auto output = shown({"generate", "hi"}, 30);
  BOOST_TEST(on_screen(output, 30) == "A title\n"
                                      "\n"
                                      "Some bold words that are wider\n"
                                      "than thirty columns.\n"
                                      "\n"
                                      "── sh ────────────────────────\n"
                                      "echo *\n"
                                      "──────────────────────────────");
  BOOST_TEST(contains(output, "\033[1mbold words\033[0m"), output);
  BOOST_TEST(on_screen(shown({"generate", "--no-stream", "hi"}, 30), 30) == on_screen(output, 30));
}

BOOST_AUTO_TEST_CASE(a_terminal_without_escapes_gets_the_text_as_it_is) {
  environment["TERM"] = "dumb";
  BOOST_TEST(shown({"generate", "hi"}, 30) == as_lines(reply));
}

BOOST_AUTO_TEST_CASE(without_colour_lines_are_broken_and_no_escape_is_written) {
  environment["NO_COLOR"] = "1";
  const auto output = shown({"generate", "hi"}, 30);
  BOOST_TEST(!contains(output, "\033"), output);
  BOOST_TEST(contains(output, "## A title\r\n\r\nSome **bold words** that are\r\nwider than"),
             output);
  BOOST_TEST(contains(output, "```sh\r\necho *\r\n```\r\n"), output);
}

BOOST_AUTO_TEST_CASE(plain_and_pipes_and_forms_get_the_text_as_it_is) {
  BOOST_TEST(contains(shown({"generate", "--plain", "hi"}, 30), as_lines(reply)));
  BOOST_TEST(run({"generate", "hi"}).out == reply);
  BOOST_TEST(contains(shown({"generate", "--format", "json", "hi"}, 30), as_lines(reply)));
}

BOOST_AUTO_TEST_CASE(a_conversation_is_shown_likewise) {
  auto options = child_options({"chat"}, true);
  options.columns = 30;
  Child child{options};
  BOOST_TEST(child.read_until(">>> "));
  child.write("hi\r");
  BOOST_TEST(child.read_until("\033[1mbold words\033[0m that are wider\r\nthan"));
  BOOST_TEST(child.read_until(">>> "));
  child.write("/bye\r");
  BOOST_TEST(child.wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_new_width_holds_from_the_next_line) {
  simulator->set_reply("llama3.1:8b", "one two three four five six seven eight nine ten eleven "
                                      "twelve thirteen fourteen fifteen sixteen end");
  simulator->set_delays({}, {}, std::chrono::milliseconds{20});
  auto options = child_options({"generate", "hi"}, true);
  options.columns = 40;
  Child child{options};
  BOOST_TEST(child.read_until("three"));
  const winsize size{.ws_row = 24, .ws_col = 10, .ws_xpixel = 0, .ws_ypixel = 0};
  BOOST_TEST(::ioctl(child.terminal(), TIOCSWINSZ, &size) == 0);
  BOOST_TEST(child.wait() == 0);
  BOOST_TEST(contains(child.out(), "fifteen\r\nsixteen\r\nend"), child.out());
}

BOOST_AUTO_TEST_CASE(an_answer_that_breaks_off_shows_what_had_come) {
  simulator->inject(simulator::Fault::close_after_lines(3));
  Child child{child_options({"generate", "hi"}, true)};
  BOOST_TEST(child.wait() == 7);
  BOOST_TEST(contains(child.out(), "A"), child.out());
}

BOOST_AUTO_TEST_CASE(a_download_fits_a_narrow_terminal) {
  auto slow = options();
  slow.pull_step_delay = std::chrono::milliseconds{300};
  simulator = std::make_unique<simulator::Simulator>(slow);
  configure(simulator->base_url());
  const auto output = shown({"models", "pull", "robin"}, 30);
  BOOST_TEST(contains(output, "/s"), output);
  BOOST_TEST(contains(output, " left"), output);
  // A line that is too wide would leave a part of it behind.
  BOOST_TEST(on_screen(output, 30) == "robin is installed.");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace answer_terminal_test

} // namespace nexus::llm::cli::test
