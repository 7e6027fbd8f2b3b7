// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/stat.h>
#include <termios.h>

#include <filesystem>
#include <fstream>
#include <iterator>

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

BOOST_AUTO_TEST_CASE(a_message_that_failed_stands_at_the_prompt_again) {
  const auto talk = start();
  auto& child = *talk;
  simulator->inject(simulator::Fault::respond(400, R"({"error":"no"})").on("/api/chat"));
  child.write("\033[200~one\rtwo\033[201~\r");
  BOOST_TEST(child.read_until("stands at the prompt again"));
  BOOST_TEST(child.read_until("two"));
  BOOST_TEST(enter(child, "!") == "one\ntwo!");
}

BOOST_AUTO_TEST_CASE(input_of_earlier_conversations_comes_back) {
  {
    const auto one = start();
    const auto two = start();
    enter(*one, "from one");
    enter(*two, "from two");
    one->write("\x04");
    BOOST_TEST(one->wait() == 0);
    two->write("\x04");
    BOOST_TEST(two->wait() == 0);
  }
  struct stat status {};
  BOOST_TEST(::stat((state() / "history").c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777) == 0600u);
  {
    const auto talk = start();
    BOOST_TEST(enter(*talk, "\033[A") == "from two");
    BOOST_TEST(enter(*talk, "\033[A\033[A") == "from one");
    BOOST_TEST(enter(*talk, "\x12two") == "from two");
  }
  {
    const auto talk = start({"--no-history"});
    BOOST_TEST(enter(*talk, "secret\033[A") == "secret");
  }
  std::ifstream stream{state() / "history"};
  const std::string content{std::istreambuf_iterator<char>{stream}, {}};
  BOOST_TEST(content == "\"from one\"\n\"from two\"\n\"from one\"\n\"from two\"\n");
}

BOOST_AUTO_TEST_CASE(input_that_could_not_be_kept_is_kept_with_what_follows) {
  const auto path = state() / "history";
  std::filesystem::create_directories(path);
  const auto talk = start();
  talk->write("one\r");
  BOOST_TEST(talk->read_until("is not kept for later conversations: Is a directory."));
  enter(*talk, "two");
  std::filesystem::remove(path);
  enter(*talk, "three");
  talk->write("\x04");
  BOOST_TEST(talk->wait() == 0);
  std::ifstream stream{path};
  const std::string content{std::istreambuf_iterator<char>{stream}, {}};
  BOOST_TEST(content == "\"one\"\n\"two\"\n\"three\"\n");
}

BOOST_AUTO_TEST_CASE(tab_completes_commands_and_installed_models) {
  simulator->set_reply("qwen2.5-coder:7b", "Fine.");
  const auto talk = start();
  auto& child = *talk;
  child.write("/mod\t");
  BOOST_TEST(child.read_until("/model "));
  child.write("qw\t");
  BOOST_TEST(child.read_until("qwen2.5-coder:7b "));
  child.write("\r");
  BOOST_TEST(child.read_until("qwen2.5-coder:7b answers from now on"));
  BOOST_TEST(child.read_until(">>> "));
  child.write("/s\t");
  BOOST_TEST(child.read_until("/save  /set  /show  /system"));
  child.write("\x15");
  BOOST_TEST(enter(child, "/set temp\t0.5\r" + std::string{"hello"}) == "hello");
  BOOST_TEST(json_at(last_body("/api/chat"), "options.temperature") == "0.5");
}

BOOST_AUTO_TEST_CASE(a_text_is_edited_in_the_editor_of_the_user) {
  write(home / "work" / "editor", "#!/bin/sh\nstty -a | grep -q ' icanon' || exit 9\n"
                                  "printf 'before: ' > x; cat \"$2\" >> x; cp x \"$2\"\n"
                                  "test \"$1\" = --wait\n");
  std::filesystem::permissions(home / "work" / "editor", std::filesystem::perms::owner_all);
  environment["EDITOR"] = "false";
  environment["VISUAL"] = "./editor --wait";
  const auto talk = start();
  auto& child = *talk;
  BOOST_TEST(enter(child, "one\033\rtwo\x18\x05 more") == "before: one\ntwo more");
  Screen screen{100, 24};
  screen.feed(child.out());
  BOOST_TEST(contains(screen.text(), ">>> before: one\n... two more\nFine.\n"), screen.text());
}

BOOST_AUTO_TEST_CASE(an_editor_that_fails_leaves_the_text) {
  environment["VISUAL"] = "false";
  const auto talk = start();
  auto& child = *talk;
  child.write("text\x18\x05");
  BOOST_TEST(child.read_until("`false` failed, and nothing is changed"));
  BOOST_TEST(enter(child, "!") == "text!");
}

BOOST_AUTO_TEST_CASE(interrupts_of_an_editor_are_its_own) {
  write(home / "work" / "editor", "caught=0\ntrap 'caught=$((caught + 1)); echo caught' INT\n"
                                  "echo ready\nwhile [ $caught -lt 2 ]; do read -r line; done\n"
                                  "echo $caught > \"$1\"\n");
  environment["VISUAL"] = "sh ./editor";
  const auto talk = start();
  auto& child = *talk;
  child.write("text\x18\x05");
  BOOST_TEST(child.read_until("ready"));
  child.write("\x03");
  BOOST_TEST(child.read_until("caught"));
  child.write("\x03");
  BOOST_TEST(child.read_until("caught"));
  BOOST_TEST(child.read_until(">>> "));
  BOOST_TEST(enter(child, "!") == "2!");
}

BOOST_AUTO_TEST_CASE(an_editor_is_suspended_with_the_conversation) {
  write(home / "work" / "editor",
        "echo $$ > process\necho ready\nread -r line\necho \"$line\" > \"$1\"\n");
  environment["VISUAL"] = "sh ./editor";
  auto options = child_options({"chat"}, true);
  // The editor stops a little later than the conversation, and could read what is for the shell.
  options.wrapper = {"/bin/bash", "-c",
                     "set -m; \"$@\"; until grep -q '^State:.T' /proc/$(cat process)/status; do :; "
                     "done; echo stopped; read -r line; fg >/dev/null",
                     "bash"};
  Child child{options};
  BOOST_TEST(child.read_until(">>> "));
  child.write("text\x18\x05");
  BOOST_TEST(child.read_until("ready"));
  child.write("\x1A");
  BOOST_TEST(child.read_until("stopped"));
  child.write("resume\n");
  child.write("other\n");
  BOOST_TEST(child.read_until(">>> other"));
  BOOST_TEST(enter(child, "!") == "other!");
  child.write("\x04");
  BOOST_TEST(child.wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_suspended_conversation_comes_back_whole) {
  auto options = child_options({"chat"}, true);
  // A shell with job control, as users have.
  options.wrapper = {"/bin/bash", "-c",
                     "set -m; \"$@\"; echo stopped; stty -a | grep -o ' icanon'; read -r line; "
                     "fg >/dev/null",
                     "bash"};
  Child child{options};
  BOOST_TEST(child.read_until(">>> "));
  child.write("a message");
  BOOST_TEST(child.read_until("a message"));
  child.write("\x1A");
  BOOST_TEST(child.read_until("stopped"));
  BOOST_TEST(child.read_until(" icanon"));
  child.write("resume\n");
  BOOST_TEST(child.read_until(">>> a message"));
  BOOST_TEST(enter(child, " goes on") == "a message goes on");
  Screen screen{100, 24};
  screen.feed(child.out());
  BOOST_TEST(contains(screen.text(), ">>> a message goes on\nFine.\n"), screen.text());
  child.write("\x04");
  BOOST_TEST(child.wait() == 0);
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

BOOST_AUTO_TEST_CASE(what_is_typed_during_an_answer_outlives_its_interrupt) {
  simulator->queue_reply("", "One two three four five six.");
  simulator->inject(simulator::Fault::stall_after_lines(3));
  const auto talk = start();
  auto& child = *talk;
  child.write("first\r");
  // A message that nothing has answered would come back to the prompt.
  BOOST_TEST(child.read_until("One"));
  child.write("ahead\x03");
  BOOST_TEST(child.read_until("ahead"));
  BOOST_TEST(enter(child, " of it") == "ahead of it");
}

BOOST_AUTO_TEST_CASE(who_drops_a_text_does_not_leave) {
  const auto talk = start();
  auto& child = *talk;
  for (const std::string text : {"one", "two", "three"}) {
    child.write(text);
    BOOST_TEST(child.read_until(text));
    child.write("\x03");
    BOOST_TEST(child.read_until(">>> "));
  }
  BOOST_TEST(enter(child, "four") == "four");
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
  BOOST_TEST(child.read_until("one"));
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
