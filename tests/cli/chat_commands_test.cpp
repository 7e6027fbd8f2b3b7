// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "tests/cli/talking.hpp"

namespace nexus::llm::cli::test {

namespace chat_commands_test {

using simulator::Fault;

BOOST_FIXTURE_TEST_SUITE(chat_commands_at_a_terminal, Talking)

BOOST_AUTO_TEST_CASE(commands_change_the_conversation) {
  const auto talk = start({"--no-stream"});
  auto& child = *talk;
  enter(child, "hello");
  command(child, "/clear", "forgotten");
  command(child, "/system Be brief.", "set");
  command(child, "/help", "/clear");
  command(child, "/model not a name", "not a valid model name");
  command(child, "/model owl", "answers from now on");
  child.write("again\r");
  BOOST_TEST(child.read_until("Who."));
  BOOST_TEST(child.read_until(">>> "));
  const auto body = last_body("/api/chat");
  BOOST_TEST(json_at(body, "model") == R"("owl")");
  BOOST_TEST(conversation() == "s:Be brief. u:again ");
  child.write("/bye\r");
  BOOST_TEST(child.wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_path_is_sent_and_a_mistyped_command_is_not) {
  const auto talk = start();
  auto& child = *talk;
  BOOST_TEST(enter(child, "/usr/bin/x is broken") == "/usr/bin/x is broken");
  BOOST_TEST(enter(child, "/nonsense") == "/nonsense");
  BOOST_TEST(enter(child, "//bye") == "/bye");
  child.write("/cleer\r");
  BOOST_TEST(child.read_until("did you mean /clear?"));
  BOOST_TEST(child.read_until(">>> "));
  BOOST_TEST(sent() == "/bye");
}

BOOST_AUTO_TEST_CASE(the_last_message_is_asked_again) {
  const auto talk = start();
  auto& child = *talk;
  command(child, "/retry", "no message");
  enter(child, "one");
  simulator->queue_reply("", "Better.");
  command(child, "/retry", "Better.");
  BOOST_TEST(conversation() == "u:one ");
  enter(child, "two");
  BOOST_TEST(conversation() == "u:one a:Better. u:two ");
}

BOOST_AUTO_TEST_CASE(a_second_attempt_that_fails_keeps_the_earlier_answer) {
  const auto talk = start();
  auto& child = *talk;
  enter(child, "one");
  simulator->inject(Fault::respond(400, R"({"error":"no"})").on("/api/chat"));
  command(child, "/retry", "earlier answer stays");
  enter(child, "two");
  BOOST_TEST(conversation() == "u:one a:Fine. u:two ");
}

BOOST_AUTO_TEST_CASE(the_last_exchange_is_undone) {
  const auto talk = start();
  auto& child = *talk;
  enter(child, "one");
  enter(child, "two");
  command(child, "/undo", "are forgotten");
  enter(child, "three");
  BOOST_TEST(conversation() == "u:one a:Fine. u:three ");
}

BOOST_AUTO_TEST_CASE(options_are_set_and_shown) {
  const auto talk = start();
  auto& child = *talk;
  command(child, "/set temperature 0.25", "temperature 0.25");
  command(child, "/set top_k 7", "top_k 7");
  command(child, "/set seed", "seed default");
  command(child, "/set", "Options: ");
  command(child, "/set temprature 1", "`temperature` is the nearest");
  command(child, "/set num_ctx tiny", "a number from 4 to 16777216");
  command(child, "/show", "temperature 0.25, top_k 7");
  enter(child, "hello");
  const auto body = last_body("/api/chat");
  BOOST_TEST(json_at(body, "options.temperature") == "0.25");
  BOOST_TEST(json_at(body, "options.top_k") == "7");
}

BOOST_AUTO_TEST_CASE(an_image_goes_with_the_next_message_only) {
  write(home / "work" / "x.png", "\x89PNG\r\n\x1A\nrest");
  write(home / "work" / "x.txt", "text");
  const auto talk = start();
  auto& child = *talk;
  command(child, "/image x.txt", "is no image");
  command(child, "/image missing.png", "cannot be read");
  command(child, "/image x.png", "has 1 image");
  simulator->inject(Fault::respond(400, R"({"error":"no"})").on("/api/chat"));
  child.write("what is it?\r");
  BOOST_TEST(child.read_until("taken back"));
  BOOST_TEST(child.read_until(">>> "));
  child.write("\x15");
  enter(child, "what is it?");
  BOOST_TEST(
      contains(json_at(last_body("/api/chat"), "messages"), R"("images":["iVBORw0KGgpyZXN0"])"));
  command(child, "/clear", "forgotten");
  enter(child, "and now?");
  BOOST_TEST(!contains(last_body("/api/chat"), "images"));
}

BOOST_AUTO_TEST_CASE(a_conversation_is_saved_and_goes_on_later) {
  {
    const auto talk = start();
    auto& child = *talk;
    enter(child, "one");
    command(child, "/set seed 7", "seed 7");
    command(child, "/save birds", "saved as birds");
    enter(child, "two");
    child.write("/bye\r");
    BOOST_TEST(child.wait() == 0);
  }
  for (const Arguments& how : {Arguments{"--continue"}, Arguments{"--conversation", "birds"}}) {
    const auto talk = start(how);
    auto& child = *talk;
    BOOST_TEST(contains(child.out(), "birds goes on; it has 4 messages"));
    enter(child, "three");
    BOOST_TEST(conversation() == "u:one a:Fine. u:two a:Fine. u:three ");
    BOOST_TEST(json_at(last_body("/api/chat"), "options.seed") == "7");
    command(child, "/undo", "are forgotten");
  }
  const auto talk = start();
  auto& child = *talk;
  command(child, "/load", "birds");
  command(child, "/load parrots", "no conversation `parrots`");
  command(child, "/load birds", "4 messages");
  enter(child, "again");
  BOOST_TEST(conversation() == "u:one a:Fine. u:two a:Fine. u:again ");
}

BOOST_AUTO_TEST_CASE(a_conversation_without_a_name_can_be_continued) {
  {
    const auto talk = start();
    enter(*talk, "one");
    talk->write("\x04");
    BOOST_TEST(talk->wait() == 0);
  }
  {
    // This one leaves no trace.
    const auto talk = start({"--no-history"});
    enter(*talk, "secret");
    talk->write("\x04");
    BOOST_TEST(talk->wait() == 0);
  }
  const auto talk = start({"--continue"});
  enter(*talk, "two");
  BOOST_TEST(conversation() == "u:one a:Fine. u:two ");
}

BOOST_AUTO_TEST_CASE(two_that_go_on_with_one_conversation_lose_no_answer) {
  BOOST_TEST(run({"chat", "--conversation", "birds"}, "one\n").code == 0);
  const auto mine = start({"--conversation", "birds"});
  const auto theirs = start({"--conversation", "birds"});
  enter(*theirs, "theirs");
  mine->write("mine\r");
  BOOST_TEST(mine->read_until("is not saved any more"));
  BOOST_TEST(mine->read_until(">>> "));
  command(*mine, "/save parrots", "saved as parrots");
  BOOST_TEST(run({"chat", "--conversation", "birds"}, "two\n").code == 0);
  BOOST_TEST(conversation() == "u:one a:Fine. u:theirs a:Fine. u:two ");
  BOOST_TEST(run({"chat", "--conversation", "parrots"}, "three\n").code == 0);
  BOOST_TEST(conversation() == "u:one a:Fine. u:mine a:Fine. u:three ");
}

BOOST_AUTO_TEST_CASE(another_conversation_is_replaced_only_if_the_user_agrees) {
  const auto talk = start();
  auto& child = *talk;
  enter(child, "one");
  command(child, "/save birds", "saved as birds");
  command(child, "/clear", "birds stays as it was saved");
  enter(child, "two");
  child.write("/save birds\r");
  BOOST_TEST(child.read_until("Replace it? [y/N] "));
  child.write("n\r");
  BOOST_TEST(child.read_until(">>> "));
  command(child, "/load birds", "2 messages");
  enter(child, "three");
  BOOST_TEST(conversation() == "u:one a:Fine. u:three ");
}

BOOST_AUTO_TEST_CASE(a_damaged_conversation_is_told_of_and_left_alone) {
  const auto file = state() / "conversations" / "birds.json";
  write(file, "{ \"version\": 1, ");
  for (const Arguments& how : {Arguments{"--continue"}, Arguments{"--conversation", "birds"}}) {
    Arguments arguments{"chat"};
    arguments.insert(arguments.end(), how.begin(), how.end());
    const auto outcome = run(arguments, "hello\n");
    BOOST_TEST(outcome.code == 2);
    BOOST_TEST(contains(outcome.err, "birds.json` is not a conversation: line 1"), outcome.err);
  }
  const auto talk = start();
  auto& child = *talk;
  enter(child, "one");
  child.write("/save birds\r");
  BOOST_TEST(child.read_until("Replace it? [y/N] "));
  child.write("y\r");
  BOOST_TEST(child.read_until("is not a conversation"));
  BOOST_TEST(child.read_until(">>> "));
  std::ifstream stream{file};
  BOOST_TEST((std::string{std::istreambuf_iterator<char>{stream}, {}} == "{ \"version\": 1, "));
}

BOOST_AUTO_TEST_CASE(a_pipe_can_go_on_with_a_conversation) {
  BOOST_TEST(run({"chat", "--conversation", "birds"}, "one\n").code == 0);
  BOOST_TEST(run({"chat", "--conversation", "birds"}, "two\n").code == 0);
  BOOST_TEST(conversation() == "u:one a:Fine. u:two ");
  BOOST_TEST(run({"chat", "--conversation", "../birds"}, "two\n").code == 2);
  BOOST_TEST(run({"chat", "--conversation", "birds", "--continue"}, "two\n").code == 2);
}

BOOST_AUTO_TEST_CASE(a_missing_model_is_downloaded_if_the_user_agrees) {
  const auto talk = start();
  auto& child = *talk;
  child.write("/model kite\r");
  BOOST_TEST(child.read_until("kite is not installed. Download it? [y/N] "));
  child.write("\r");
  BOOST_TEST(child.read_until("The model stays llama3.1:8b."));
  BOOST_TEST(child.read_until(">>> "));
  enter(child, "hello");
  BOOST_TEST(json_at(last_body("/api/chat"), "model") == R"("llama3.1:8b")");
  child.write("/model kite\r");
  BOOST_TEST(child.read_until("[y/N] "));
  child.write("y\r");
  BOOST_TEST(child.read_until("The model kite answers from now on."));
  BOOST_TEST(child.read_until(">>> "));
  child.write("hello\r");
  BOOST_TEST(child.read_until(">>> "));
  BOOST_TEST(wait_until([](const auto& counters) { return counters.requests > 3; }));
  BOOST_TEST(json_at(last_body("/api/chat"), "model") == R"("kite")");
}

BOOST_AUTO_TEST_CASE(a_window_that_is_nearly_full_is_told_of) {
  const auto talk = start({"--num-ctx", "40"});
  auto& child = *talk;
  enter(child, "hi");
  BOOST_TEST(!contains(child.out(), "of its window"), child.out());
  command(child, "/tokens", "of 40 tokens");
  std::string words;
  for (int i = 0; i < 30; ++i)
    words += "word ";
  child.write(words + "\r");
  BOOST_TEST(child.read_until("of its window"));
  BOOST_TEST(child.read_until(">>> "));
}

BOOST_AUTO_TEST_CASE(the_window_that_ollama_chose_is_known) {
  const auto talk = start();
  auto& child = *talk;
  command(child, "/tokens", "No token");
  enter(child, "hi");
  command(child, "/show", "of 4096 tokens");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace chat_commands_test

} // namespace nexus::llm::cli::test
