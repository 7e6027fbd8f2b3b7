// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <termios.h>

#include "tests/cli/screen.hpp"
#include "tests/cli/talking.hpp"

namespace nexus::llm::cli::test {

namespace chat_terminal_test {

namespace {

/// A shell that tells the settings of the terminal before and after the program, and outlives it.
const std::vector<std::string> telling_settings{"/bin/sh", "-c",
                                                "ulimit -c 0; trap : INT TERM QUIT HUP ABRT; stty "
                                                "-g; \"$@\"; code=$?; echo; stty -g; exit $code",
                                                "sh"};

} // namespace

BOOST_FIXTURE_TEST_SUITE(chat_on_a_terminal, Talking)

BOOST_AUTO_TEST_CASE(a_line_of_any_length_is_sent_whole) {
  const auto talk = start();
  auto& child = *talk;
  std::string line;
  for (int i = 0; i < 2500; ++i)
    line += std::to_string(10000 + i) + ' ';
  line += "end";
  BOOST_TEST((enter(child, line) == line));
}

BOOST_AUTO_TEST_CASE(several_pasted_lines_are_one_message) {
  const auto talk = start();
  auto& child = *talk;
  BOOST_TEST(contains(child.out(), "\033[?2004h"));
  BOOST_TEST(enter(child, "\033[200~/* one\rtwo */\033[201~ three") == "/* one\ntwo */ three");
  BOOST_TEST(enter(child, "\033[200~/bye\rand more\033[201~") == "/bye\nand more");
  Screen screen{100, 24};
  screen.feed(child.out());
  BOOST_TEST(contains(screen.text(), ">>> /* one\n... two */ three\nFine.\n"), screen.text());
}

BOOST_AUTO_TEST_CASE(a_wide_character_is_erased_whole_whatever_the_terminal_knows) {
  for (const bool utf8 : {true, false}) {
    const auto talk = start();
    auto& child = *talk;
    termios settings{};
    ::tcgetattr(child.terminal(), &settings);
    if (utf8)
      settings.c_iflag |= IUTF8;
    else
      settings.c_iflag &= static_cast<tcflag_t>(~IUTF8);
    ::tcsetattr(child.terminal(), TCSANOW, &settings);
    BOOST_TEST(enter(child, "\xE6\x97\xB6\xE9\x97\xB4\x7F") == "\xE6\x97\xB6");
    Screen screen{100, 24};
    screen.feed(child.out());
    BOOST_TEST(contains(screen.text(), ">>> \xE6\x97\xB6\nFine."), screen.text());
  }
}

BOOST_AUTO_TEST_CASE(earlier_messages_come_back) {
  const auto talk = start();
  auto& child = *talk;
  BOOST_TEST(enter(child, "first") == "first");
  BOOST_TEST(enter(child, "\033[A\033[A again") == "first again");
}

BOOST_AUTO_TEST_CASE(what_is_typed_during_an_answer_is_kept_for_the_prompt) {
  simulator->set_delays({}, std::chrono::milliseconds{300}, {});
  const auto talk = start();
  auto& child = *talk;
  child.write("first\r");
  BOOST_TEST(wait_until([](const auto& counters) { return counters.requests > 0; }));
  child.write("second\r");
  BOOST_TEST(child.read_until("Fine."));
  BOOST_TEST(child.read_until("Fine."));
  BOOST_TEST(sent() == "second");
  Screen screen{100, 24};
  screen.feed(child.out());
  BOOST_TEST(contains(screen.text(), ">>> first\nFine.\n>>> second\nFine."), screen.text());
}

BOOST_AUTO_TEST_CASE(keys_that_suspend_where_nobody_could_resume_are_harmless) {
  const auto talk = start();
  auto& child = *talk;
  child.write("ab");
  BOOST_TEST(child.read_until("ab"));
  child.write("\x1A");
  BOOST_TEST(enter(child, "c") == "abc");
}

BOOST_AUTO_TEST_CASE(the_terminal_is_as_it_was_however_the_program_ends) {
  const auto settings_after = [this](const std::function<void(Child&)>& end, int code) {
    auto options = child_options({"chat"}, true);
    options.wrapper = telling_settings;
    Child child{options};
    BOOST_TEST(child.read_until(">>> "));
    end(child);
    BOOST_TEST(child.wait() == code);
    const auto lines = lines_of(child.out());
    BOOST_REQUIRE(lines.size() > 2);
    BOOST_TEST(lines.front() == lines.back());
    BOOST_TEST(child.out().rfind("\033[?2004l") > child.out().rfind("\033[?2004h"));
  };
  settings_after([](Child& child) { child.write("/bye\r"); }, 0);
  settings_after([](Child& child) { child.write("\x04"); }, 0);
  settings_after(
      [](Child& child) {
        child.write("\x03");
        BOOST_TEST(child.read_until("again"));
        BOOST_TEST(child.read_until(">>> "));
        child.write("\x03");
      },
      0);
  settings_after([](Child& child) { child.signal_all(SIGTERM); }, 130);
  settings_after([](Child& child) { child.signal_all(SIGHUP); }, 128 + SIGHUP);
  settings_after([](Child& child) { child.write("\x1C"); }, 128 + SIGQUIT);
  settings_after([](Child& child) { child.signal_all(SIGABRT); }, 128 + SIGABRT);
}

BOOST_AUTO_TEST_CASE(the_terminal_is_as_it_was_when_interrupts_end_an_answer_at_once) {
  simulator->set_reply("llama3.1:8b", "one two three");
  simulator->inject(simulator::Fault::stall_after_lines(2));
  auto options = child_options({"chat"}, true);
  options.wrapper = telling_settings;
  Child child{options};
  BOOST_TEST(child.read_until(">>> "));
  child.write("first\r");
  BOOST_TEST(child.read_until("one two"));
  child.signal_all(SIGTERM);
  BOOST_TEST(child.wait() == 130);
  const auto lines = lines_of(child.out());
  BOOST_TEST(lines.front() == lines.back());
}

BOOST_AUTO_TEST_CASE(a_dumb_terminal_gets_no_escape_sequence) {
  for (const char* term : {"dumb", ""}) {
    environment["TERM"] = term;
    for (const Arguments& arguments :
         {Arguments{"generate", "hi"}, Arguments{"generate", "-m", "nope", "hi"},
          Arguments{"models", "pull", "robin"}, Arguments{"models", "list"}, Arguments{"doctor"},
          Arguments{"generate", "-m", "owl", "--think", "hoot"}}) {
      Child child{child_options(arguments, true)};
      static_cast<void>(child.wait());
      BOOST_TEST(!contains(child.out(), "\033"), child.out());
    }
    Child child{child_options({"chat"}, true)};
    BOOST_TEST(child.read_until(">>> "));
    child.write("hello\n");
    BOOST_TEST(child.read_until("Fine."));
    child.write("/bye\n");
    BOOST_TEST(child.wait() == 0);
    BOOST_TEST(sent() == "hello");
    BOOST_TEST(!contains(child.out(), "\033"), child.out());
  }
}

BOOST_AUTO_TEST_CASE(a_line_that_a_dumb_terminal_cut_is_not_sent) {
  environment["TERM"] = "dumb";
  Child child{child_options({"chat"}, true)};
  BOOST_TEST(child.read_until(">>> "));
  child.write(std::string(5000, 'a') + "\n");
  BOOST_TEST(child.read_until("more bytes than the 4095"));
  child.write("/bye\n");
  BOOST_TEST(child.wait() == 0);
  BOOST_TEST(last_body("/api/chat") == "");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace chat_terminal_test

} // namespace nexus::llm::cli::test
