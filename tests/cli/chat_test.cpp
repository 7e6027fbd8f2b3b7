// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include "tests/cli/fixture.hpp"

namespace nexus::llm::cli::test {

using simulator::Fault;

BOOST_FIXTURE_TEST_SUITE(chat, Fixture)

BOOST_AUTO_TEST_CASE(piped_lines_are_turns_of_one_conversation) {
  simulator->queue_reply("", "First.");
  simulator->queue_reply("", "Second.");
  const auto outcome = run({"chat"}, "hello\n\nand now?");
  BOOST_TEST(outcome.code == 0);
  BOOST_TEST(outcome.out == "First.\nSecond.\n");
  BOOST_TEST(outcome.err == "");
  const auto messages = json_at(last_body("/api/chat"), "messages");
  BOOST_TEST(messages == R"([{"role":"user","content":"hello"},)"
                         R"({"role":"assistant","content":"First."},)"
                         R"({"role":"user","content":"and now?"}])");
}

BOOST_AUTO_TEST_CASE(no_line_of_a_pipe_is_a_command) {
  for (const char* line : {"/bye", "/clear", "//path", "/usr/bin/x is broken"}) {
    const auto outcome = run({"chat"}, std::string{line} + "\n");
    BOOST_TEST(outcome.code == 0);
    BOOST_TEST(outcome.err == "");
    BOOST_TEST(json_at(last_body("/api/chat"), "messages") ==
               R"([{"role":"user","content":")" + std::string{line} + R"("}])");
  }
}

BOOST_AUTO_TEST_CASE(quotes_hold_several_lines) {
  BOOST_TEST(run({"chat"}, "\"\"\"\none\ntwo\n\"\"\"\n").code == 0);
  BOOST_TEST(json_at(last_body("/api/chat"), "messages") ==
             R"([{"role":"user","content":"one\ntwo"}])");
}

BOOST_AUTO_TEST_CASE(a_pipe_ends_with_its_first_failure) {
  simulator->queue_reply("", "Fine.");
  simulator->inject(Fault::respond(400, R"({"error":"no"})").on("/api/chat").after(1));
  const auto outcome = run({"chat"}, "first\nsecond\nthird\n");
  BOOST_TEST(outcome.code == 6);
  BOOST_TEST(outcome.out == "Fine.\n");
  BOOST_TEST(contains(outcome.err, "error: "));
  BOOST_TEST(contains(json_at(last_body("/api/chat"), "messages"), "second"));
  BOOST_TEST(!contains(json_at(last_body("/api/chat"), "messages"), "third"));
}

BOOST_AUTO_TEST_CASE(a_message_that_the_input_breaks_off_is_sent) {
  const auto outcome = run({"chat"}, "\"\"\"one\ntwo\n");
  BOOST_TEST(outcome.code == 0);
  BOOST_TEST(json_at(last_body("/api/chat"), "messages") ==
             R"([{"role":"user","content":"one\ntwo"}])");
}

BOOST_AUTO_TEST_CASE(of_a_message_that_is_refused_nothing_is_sent) {
  for (const auto* text :
       {"\"\"\"caf\xE9\ntwo\n\"\"\"\nhi\n", "\"\"\"one\ncaf\xE9\n\"\"\"\nhi\n"}) {
    const auto outcome = run({"chat"}, text);
    BOOST_TEST(outcome.code == 2);
    BOOST_TEST(last_body("/api/chat") == "");
  }
}

BOOST_AUTO_TEST_CASE(lines_that_are_no_text_are_refused) {
  const auto outcome = run({"chat"}, "\xEF\xBB\xBFhello\r\ncaf\xE9\n");
  BOOST_TEST(outcome.code == 2);
  BOOST_TEST(contains(outcome.err, "a line of stdin seems to be in ISO-8859-1"), outcome.err);
  BOOST_TEST(json_at(last_body("/api/chat"), "messages") ==
             R"([{"role":"user","content":"hello"}])");
}

BOOST_AUTO_TEST_CASE(an_interrupt_between_the_lines_of_a_pipe_leaves) {
  Child child{child_options({"chat"})};
  child.write("\"\"\"first\n");
  BOOST_TEST(child.wait_until_read());
  child.signal(SIGINT);
  BOOST_TEST(child.wait() == 130);
  BOOST_TEST(last_body("/api/chat") == "");
}

BOOST_AUTO_TEST_CASE(interrupt_stops_the_answer_and_not_the_program) {
  simulator->set_reply("llama3.1:8b", "one two three");
  simulator->inject(Fault::stall_after_lines(2));
  Child child{child_options({"chat"})};
  child.write("first\n");
  BOOST_TEST(child.read_until("one two"));
  child.signal(SIGINT);
  BOOST_TEST(child.read_error_until("kept"));
  BOOST_TEST(wait_until([](const auto& counters) { return counters.disconnects_seen == 1; }));
  child.write("second\n");
  BOOST_TEST(child.read_until("one two three"));
  child.close_input();
  BOOST_TEST(child.wait() == 0);
  BOOST_TEST(json_at(last_body("/api/chat"), "messages") ==
             R"([{"role":"user","content":"first"},)"
             R"({"role":"assistant","content":"one two"},)"
             R"({"role":"user","content":"second"}])");
}

BOOST_AUTO_TEST_CASE(turn_that_is_stopped_before_its_answer_is_taken_back) {
  simulator->inject(Fault::stall_before_response());
  Child child{child_options({"chat"})};
  child.write("first\n");
  BOOST_TEST(wait_until([](const auto& counters) { return counters.stalls_begun == 1; }));
  child.signal(SIGINT);
  BOOST_TEST(child.read_error_until("taken back"));
  child.write("second\n");
  child.close_input();
  BOOST_TEST(child.wait() == 0);
  BOOST_TEST(json_at(last_body("/api/chat"), "messages") ==
             R"([{"role":"user","content":"second"}])");
}

BOOST_AUTO_TEST_CASE(second_interrupt_at_the_prompt_leaves) {
  Child child{child_options({"chat"}, true)};
  BOOST_TEST(child.read_until(">>> "));
  child.write("\x03");
  BOOST_TEST(child.read_until("again"));
  BOOST_TEST(child.read_until(">>> "));
  child.write("\x03");
  BOOST_TEST(child.wait() == 0);
}

BOOST_AUTO_TEST_CASE(interrupt_after_a_stopped_answer_leaves) {
  simulator->set_reply("llama3.1:8b", "one two three");
  simulator->inject(Fault::stall_after_lines(2));
  Child child{child_options({"chat"}, true)};
  BOOST_TEST(child.read_until(">>> "));
  child.write("first\n");
  BOOST_TEST(child.read_until("one"));
  child.write("\x03");
  BOOST_TEST(child.read_until(">>> "));
  child.write("\x03");
  BOOST_TEST(child.wait() == 0);
}

BOOST_AUTO_TEST_CASE(end_of_input_leaves) {
  Child child{child_options({"chat"}, true)};
  BOOST_TEST(child.read_until(">>> "));
  child.write("\x04");
  BOOST_TEST(child.wait() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::llm::cli::test
