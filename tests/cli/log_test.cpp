// SPDX-License-Identifier: BSD-3-Clause
// The log of prompts and answers: `nexus-llm log`.
#include <boost/test/unit_test.hpp>

#include <sys/ioctl.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/cli/fixture.hpp"
#include "tests/cli/screen.hpp"

namespace nexus::llm::cli::test {

using simulator::Fault;

namespace {

struct LogFixture : Fixture {
  LogFixture() { enable(); }

  void enable() { configure(simulator->base_url(), R"(, "log": {"enabled": true})"); }

  [[nodiscard]] std::filesystem::path log_file() const {
    return home / ".local" / "state" / "nexus-llm" / "log.jsonl";
  }

  /// What `log --json` lists.
  [[nodiscard]] std::vector<std::string> entries(Arguments arguments = {}) const {
    arguments.insert(arguments.begin(), {"log", "--json"});
    return lines_of(run(arguments).out);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(log_command, LogFixture)

BOOST_AUTO_TEST_CASE(nothing_is_kept_unless_the_settings_say_so) {
  configure(simulator->base_url());
  BOOST_TEST(run({"generate", "hi"}).code == 0);
  BOOST_TEST(!std::filesystem::exists(log_file()));
  const auto outcome = run({"log"});
  BOOST_TEST(outcome.code == 0);
  BOOST_TEST(outcome.out == "");
  BOOST_TEST(contains(outcome.err, "`nexus-llm config set log.enabled true`"), outcome.err);
  BOOST_TEST(run({"config", "set", "log.enabled", "true"}).code == 0);
  BOOST_TEST(contains(run({"log"}).err, "Nothing is logged yet."));
  BOOST_TEST(run({"generate", "hi"}).code == 0);
  BOOST_TEST(contains(run({"log"}).out, "hi"));
}

BOOST_AUTO_TEST_CASE(an_answer_of_which_only_the_code_is_shown_is_kept_whole) {
  simulator->set_reply("llama3.1:8b", "Here:\n```sh\nls\n```\n");
  BOOST_TEST(run({"generate", "--code", "List files"}).out == "ls\n");
  BOOST_TEST(json_at(entries().front(), "answer") == R"("Here:\n```sh\nls\n```\n")");
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_text_do_not_spoil_the_log) {
  BOOST_TEST(run({"generate", "-m", "bad\xFF", "hi"}).code != 0);
  const auto listed = run({"log", "--json"});
  BOOST_TEST(listed.err == "");
  BOOST_TEST(json_at(listed.out, "model") == "\"bad\xEF\xBF\xBD\"");
}

BOOST_AUTO_TEST_CASE(prompts_and_answers_are_listed_and_shown) {
  simulator->set_reply("llama3.1:8b", "Blue.");
  BOOST_TEST(run({"generate", "Name a\ncolour"}).code == 0);
  BOOST_TEST(run({"generate", "-r", "implementation", "--no-stream", "Write code"}).code == 0);
  BOOST_TEST(run({"chat"}, "first\nsecond\n").code == 0);
  const auto all = lines_of(run({"log"}).out);
  BOOST_REQUIRE(all.size() == 5u);
  BOOST_TEST(all[0].starts_with("ID "));
  BOOST_TEST(contains(all[1], "second"));
  BOOST_TEST(contains(all[3], "qwen2.5-coder:7b  Write code"));
  BOOST_TEST(contains(all[4], "overseer        llama3.1:8b       Name a colour"), all[4]);
  BOOST_TEST(lines_of(run({"log", "--limit", "2"}).out).size() == 3u);
  BOOST_TEST(lines_of(run({"log", "--limit", "0"}).out).size() == 5u);
  BOOST_TEST(entries({"--search", "BLUE"}).size() == 3u);
  BOOST_TEST(entries({"--role", "implementation"}).size() == 1u);
  BOOST_TEST(entries({"-r", "overseer", "--search", "colour"}).size() == 1u);
  const auto id = all[4].substr(0, 8);
  const auto shown = run({"log", "show", id.substr(0, 7)});
  BOOST_TEST(shown.code == 0);
  BOOST_TEST(contains(shown.out, "\nPrompt\nName a\ncolour\n\nAnswer\nBlue.\n"), shown.out);
  BOOST_TEST(contains(run({"log", "show"}).out, "\nsecond\n"));
  BOOST_TEST(json_at(run({"log", "show", id, "--json"}).out, "answer") == R"("Blue.")");
  const auto none = run({"log", "show", "zzz"});
  BOOST_TEST(none.code == 2);
  BOOST_TEST(contains(none.err, "no entry `zzz`"), none.err);
  BOOST_TEST(run({"log", "show", ""}).code == 0);
}

BOOST_AUTO_TEST_CASE(what_failed_is_kept_with_what_had_come) {
  simulator->set_reply("llama3.1:8b", "one two three");
  simulator->inject(Fault::close_after_lines(2));
  BOOST_TEST(run({"generate", "hi"}).code == 7);
  BOOST_TEST(run({"generate", "-m", "none", "hi"}).code == 5);
  const auto all = entries();
  BOOST_REQUIRE(all.size() == 2u);
  BOOST_TEST(json_at(all[0], "error") == R"("model_not_found")");
  BOOST_TEST(json_at(all[0], "model") == R"("none")");
  BOOST_TEST(json_at(all[1], "error") == R"("stream_interrupted")");
  BOOST_TEST(json_at(all[1], "answer") == R"("one two")");
}

BOOST_AUTO_TEST_CASE(many_programs_at_a_time_keep_all_of_theirs) {
  std::vector<std::unique_ptr<Child>> children;
  for (int i = 0; i < 8; ++i) {
    children.push_back(
        std::make_unique<Child>(child_options({"generate", "number " + std::to_string(i)})));
    children.back()->close_input();
  }
  for (const auto& child : children)
    BOOST_TEST(child->wait() == 0);
  std::set<std::string> prompts;
  for (const auto& entry : entries())
    prompts.insert(json_at(entry, "prompt"));
  BOOST_TEST(prompts.size() == 8u);
}

BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_written_costs_no_answer) {
  simulator->set_reply("llama3.1:8b", "Blue.");
  environment["XDG_STATE_HOME"] = "/proc/no-such-place";
  const auto outcome = run({"generate", "hi"});
  BOOST_TEST(outcome.code == 0);
  BOOST_TEST(outcome.out == "Blue.\n");
  BOOST_TEST(contains(outcome.err, "warning: The request is not in the log: /proc/"), outcome.err);
  // Once is enough.
  const auto chat = run({"chat"}, "one\ntwo\n");
  BOOST_TEST(chat.code == 0);
  BOOST_TEST(chat.out == "Blue.\nBlue.\n");
  BOOST_TEST(lines_of(chat.err).size() == 1u, chat.err);
}

BOOST_AUTO_TEST_CASE(a_full_disk_leaves_whole_entries) {
  simulator->set_reply("llama3.1:8b", std::string(3000, 'x'));
  auto options = child_options({"generate", "hi"});
  // A limit of the size of files, which the program notices as a disk that becomes full.
  options.wrapper = {"/bin/bash", "-c", "ulimit -f 4; exec \"$@\"", "bash"};
  for (int i = 0; i < 3; ++i) {
    Child child{options};
    child.close_input();
    BOOST_TEST(child.wait() == 0);
    BOOST_TEST(child.out() == std::string(3000, 'x') + "\n");
    BOOST_TEST(contains(child.err(), "warning: The request is not in the log: ") == (i > 0),
               child.err());
  }
  const auto outcome = run({"log"});
  BOOST_TEST(lines_of(outcome.out).size() == 2u);
  BOOST_TEST(outcome.err == "");
}

BOOST_AUTO_TEST_CASE(a_damaged_line_is_told_and_hides_no_other) {
  BOOST_TEST(run({"generate", "one"}).code == 0);
  std::ofstream{log_file(), std::ios::app} << "{\"id\": \"cut";
  BOOST_TEST(run({"generate", "two"}).code == 0);
  const auto outcome = run({"log"});
  BOOST_TEST(outcome.code == 0);
  BOOST_TEST(lines_of(outcome.out).size() == 3u);
  BOOST_TEST(contains(outcome.err, "warning: 1 line of "), outcome.err);
}

BOOST_AUTO_TEST_CASE(the_log_is_read_where_the_settings_are_broken) {
  BOOST_TEST(run({"generate", "one"}).code == 0);
  write(config_path(), "{");
  BOOST_TEST(entries().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_node_does_not_decide_what_is_kept_here) {
  const auto outcome = run({"log", "--connect", "127.0.0.1:1"});
  BOOST_TEST(outcome.code == 2);
  BOOST_TEST(contains(outcome.err, "without --connect"), outcome.err);
}

BOOST_AUTO_TEST_CASE(clearing_asks_at_a_terminal_and_needs_a_word_without) {
  BOOST_TEST(run({"generate", "one"}).code == 0);
  const auto piped = run({"log", "clear"}, "y\n");
  BOOST_TEST(piped.code == 2);
  BOOST_TEST(contains(piped.err, "--yes"), piped.err);
  for (const std::string answer : {"n", "", "y"}) {
    BOOST_TEST(entries().size() == 1u);
    Child child{child_options({"log", "clear"}, true)};
    BOOST_TEST(child.read_until("Delete the entry of the log? [y/N] "));
    child.write(answer + "\n");
    BOOST_TEST(child.wait() == 0);
    BOOST_TEST(
        contains(child.out(), answer == "y" ? "The log is empty." : "The log is unchanged."));
  }
  BOOST_TEST(entries().empty());
  BOOST_TEST(run({"generate", "two"}).code == 0);
  BOOST_TEST(json_at(run({"log", "clear", "--yes", "--json"}).out, "removed") == "1");
}

BOOST_AUTO_TEST_CASE(a_list_fits_the_terminal_and_cannot_control_it) {
  BOOST_TEST(run({"generate", "long " + std::string(300, 'x') + "\033[2J"}).code == 0);
  Child child{child_options({"log"}, true)};
  BOOST_TEST(child.wait() == 0);
  for (auto line : lines_of(child.out())) {
    if (line.ends_with('\r'))
      line.pop_back();
    BOOST_TEST(line.size() <= 100u, line);
    BOOST_TEST(!contains(line, "\033"), line);
  }
  BOOST_TEST(contains(child.out(), "long xxx"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::llm::cli::test
