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

BOOST_AUTO_TEST_CASE(commands_change_the_conversation) {
  const auto outcome = run({"chat", "--no-stream"},
                           "hello\n/clear\n/system Be brief.\n/model owl\nagain\n/bye\nnever\n");
  BOOST_TEST(outcome.code == 0);
  const auto body = last_body("/api/chat");
  BOOST_TEST(json_at(body, "model") == R"("owl")");
  BOOST_TEST(json_at(body, "messages") == R"([{"role":"system","content":"Be brief."},)"
                                          R"({"role":"user","content":"again"}])");
  BOOST_TEST(contains(run({"chat"}, "/help\n").err, "/clear"));
  BOOST_TEST(contains(run({"chat"}, "/nonsense\n").err, "/nonsense"));
  BOOST_TEST(contains(run({"chat"}, "/model not a name\n").err, "not a valid model name"));
}

BOOST_AUTO_TEST_CASE(quotes_hold_several_lines) {
  BOOST_TEST(run({"chat"}, "\"\"\"\none\ntwo\n\"\"\"\n").code == 0);
  BOOST_TEST(json_at(last_body("/api/chat"), "messages") ==
             R"([{"role":"user","content":"one\ntwo"}])");
}

BOOST_AUTO_TEST_CASE(failed_turn_is_taken_back) {
  simulator->inject(Fault::respond(400, R"({"error":"no"})").on("/api/chat"));
  const auto outcome = run({"chat"}, "first\nsecond\n");
  BOOST_TEST(outcome.code == 6);
  BOOST_TEST(contains(outcome.err, "error: "));
  BOOST_TEST(contains(outcome.err, "taken back"));
  BOOST_TEST(json_at(last_body("/api/chat"), "messages") ==
             R"([{"role":"user","content":"second"}])");
}

BOOST_AUTO_TEST_CASE(a_pipe_hears_of_the_first_failure_in_the_end) {
  simulator->inject(Fault::respond(400, R"({"error":"no"})").on("/api/chat"));
  const auto outcome = run({"chat"}, "first\n/model not a name\nsecond\n");
  BOOST_TEST(outcome.code == 6);
  BOOST_TEST(outcome.out != "");
  BOOST_TEST(run({"chat"}, "/model not a name\nhi\n").code == 2);
  BOOST_TEST(run({"chat"}, "/nonsense\nhi\n").code == 2);
}

BOOST_AUTO_TEST_CASE(a_message_that_the_input_breaks_off_is_not_lost_without_a_word) {
  const auto outcome = run({"chat"}, "\"\"\"one\ntwo\n");
  BOOST_TEST(outcome.code == 2);
  BOOST_TEST(contains(outcome.err, "the quotes that end the last message are missing"));
  BOOST_TEST(last_body("/api/chat") == "");
}

BOOST_AUTO_TEST_CASE(of_a_message_that_is_refused_nothing_is_sent) {
  for (const auto* text :
       {"\"\"\"caf\xE9\ntwo\n\"\"\"\nhi\n", "\"\"\"one\ncaf\xE9\n\"\"\"\nhi\n"}) {
    const auto outcome = run({"chat"}, text);
    BOOST_TEST(outcome.code == 2);
    BOOST_TEST(json_at(last_body("/api/chat"), "messages") ==
               R"([{"role":"user","content":"hi"}])");
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
  child.write("/clear\n");
  BOOST_TEST(child.read_error_until("forgotten"));
  child.signal(SIGINT);
  BOOST_TEST(child.wait() == 130);
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
  child.write("second\n/bye\n");
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
  BOOST_TEST(child.read_until("one two"));
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
