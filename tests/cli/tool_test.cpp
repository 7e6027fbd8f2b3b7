// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <cerrno>
#include <cstdlib>

#include "tests/cli/fixture.hpp"

namespace nexus::llm::cli::test {

namespace tool_test {

/// Models that call tools, and a file with one.
struct Tools : Fixture {
  Tools() {
    simulator->add_model({.name = "caller", .calls_first_tool = true});
    simulator->add_model({.name = "thinker",
                          .capabilities = {"completion", "tools", "thinking"},
                          .thinking = "Hm.",
                          .calls_every_tool = true});
    simulator->add_model({.name = "endless", .calls_tools_endlessly = true});
    write(home / "work" / "weather.json", R"({
  "type": "function",
  "function": {
    "name": "get_weather",
    "description": "The weather of a city",
    "parameters": {"type": "object", "required": ["city"],
                   "properties": {"city": {"enum": ["$(touch evil)`touch evil`"]}}}
  }
})");
    write(home / "work" / "two.json", R"([{"name": "get_time"}, {"name": "get_date"}])");
  }

  [[nodiscard]] std::vector<std::string> bodies(std::string_view path) const {
    std::vector<std::string> all;
    for (const auto& request : simulator->requests())
      if (request.target == path)
        all.push_back(request.body);
    return all;
  }

  /// The content of a message of a request, as JSON.
  [[nodiscard]] static std::string message_of(const std::string& body, std::size_t number,
                                              std::string_view name) {
    const auto document = json::parse(body);
    const auto& messages = *json::find(*document, "messages");
    const auto* value = number < messages.Size()
                            ? json::find(messages[static_cast<unsigned>(number)], name)
                            : nullptr;
    return value != nullptr ? json::to_text(*value) : "";
  }
};

const std::string arguments_of_the_call = R"({"city":"$(touch evil)`touch evil`"})";

BOOST_FIXTURE_TEST_SUITE(tools, Tools)

BOOST_AUTO_TEST_CASE(calls_are_printed_and_nothing_is_run) {
  const auto outcome = run({"generate", "-m", "caller", "--tool", "weather.json", "Weather?"});
  BOOST_TEST(outcome.code == 0, outcome.err);
  BOOST_TEST(outcome.out == "get_weather " + arguments_of_the_call + "\n");
  BOOST_TEST(outcome.err == "");
  const auto body = last_body("/api/chat");
  BOOST_TEST(contains(json_at(body, "tools"), R"("name":"get_weather","description":"The weather)"),
             body);
  BOOST_TEST(message_of(body, 0, "content") == R"("Weather?")");
  BOOST_TEST(bodies("/api/chat").size() == 1u);
}

BOOST_AUTO_TEST_CASE(calls_are_in_the_answer_as_json) {
  const auto outcome = run(
      {"generate", "--json", "--no-stream", "-m", "thinker", "--tool", "two.json", "What time?"});
  BOOST_TEST(outcome.code == 0, outcome.err);
  const auto calls = json_at(outcome.out, "toolCalls");
  BOOST_TEST(contains(calls, R"("name":"get_time","arguments":"{}","index":0)"), calls);
  BOOST_TEST(contains(calls, R"("name":"get_date","arguments":"{}","index":1)"), calls);
  BOOST_TEST(json_at(outcome.out, "thinking") == R"("Hm.")");
}

BOOST_AUTO_TEST_CASE(a_command_answers_and_the_model_goes_on) {
  const auto outcome = run({"generate", "-m", "caller", "--tool", "weather.json", "--tool-exec",
                            "sh -c 'echo $0 $1 $NEXUS_LLM_TOOL; cat' first", "Weather?"});
  BOOST_TEST(outcome.code == 0, outcome.err);
  BOOST_TEST(contains(outcome.out, "The tool said \"first get_weather get_weather"), outcome.out);
  BOOST_TEST(contains(outcome.err, "calling get_weather {"), outcome.err);
  const auto body = last_body("/api/chat");
  BOOST_TEST(message_of(body, 1, "role") == R"("assistant")");
  BOOST_TEST(contains(message_of(body, 1, "tool_calls"), R"("name":"get_weather")"), body);
  BOOST_TEST(message_of(body, 2, "role") == R"("tool")");
  BOOST_TEST(message_of(body, 2, "tool_name") == R"("get_weather")");
  BOOST_TEST(contains(message_of(body, 2, "tool_call_id"), "call_"), body);
  // The arguments get to the command as they are, and to no shell.
  const auto content = json::parse(message_of(body, 2, "content"));
  BOOST_TEST(json::text_of(*content) == "first get_weather get_weather\n" + arguments_of_the_call);
  BOOST_TEST(!std::filesystem::exists(home / "work" / "evil"));
}

BOOST_AUTO_TEST_CASE(each_of_several_calls_is_answered) {
  const auto outcome = run({"generate", "--json", "-m", "thinker", "--tool", "two.json",
                            "--tool-exec", "echo", "What time?"});
  BOOST_TEST(outcome.code == 0, outcome.err);
  const auto body = last_body("/api/chat");
  BOOST_TEST(message_of(body, 1, "thinking") == R"("Hm.")");
  BOOST_TEST(message_of(body, 2, "content") == R"("get_time")");
  BOOST_TEST(message_of(body, 3, "content") == R"("get_date")");
  std::size_t answers = 0;
  for (const auto& line : lines_of(outcome.out))
    if (!json_at(line, "call").empty()) {
      ++answers;
      BOOST_TEST(json_at(line, "failed") == "false");
      BOOST_TEST(contains(json_at(line, "result"), "get_"), line);
    }
  BOOST_TEST(answers == 2u);
}

BOOST_AUTO_TEST_CASE(a_failing_command_is_told_to_the_model_and_to_the_person) {
  const auto failing = run({"generate", "-m", "caller", "--tool", "weather.json", "--tool-exec",
                            "echo half; exit 3;", "Weather?"});
  BOOST_TEST(failing.code == 0, failing.err);
  BOOST_TEST(contains(failing.err, "warning: the tool get_weather: the command failed with exit "
                                   "code 3"),
             failing.err);
  BOOST_TEST(message_of(last_body("/api/chat"), 2, "content") ==
             R"("error: the command failed with exit code 3\nhalf")");
  const auto missing = run({"generate", "-m", "caller", "--tool", "weather.json", "--tool-exec",
                            "no-such-command", "Weather?"});
  BOOST_TEST(missing.code == 0, missing.err);
  BOOST_TEST(contains(message_of(last_body("/api/chat"), 2, "content"), "not installed"));
  const auto bytes = run({"generate", "-m", "caller", "--tool", "weather.json", "--tool-exec",
                          R"(printf '\377'; true)", "Weather?"});
  BOOST_TEST(contains(bytes.err, "not UTF-8"), bytes.err);
  const auto much = run({"generate", "-m", "caller", "--tool", "weather.json", "--tool-exec",
                         "yes x; true", "Weather?"});
  BOOST_TEST(contains(much.err, "printed more than"), much.err);
}

BOOST_AUTO_TEST_CASE(a_command_that_takes_too_long_is_ended_with_all_it_started) {
  Child child{child_options({"generate", "-m", "caller", "--tool", "weather.json", "--tool-timeout",
                             "0.2", "--tool-exec",
                             "tail -f /dev/null & echo pid $! >&2; wait; true", "Weather?"})};
  child.close_input();
  BOOST_TEST(child.wait() == 0);
  BOOST_TEST(contains(child.err(), "took longer than 200.0ms"), child.err());
  const auto at = child.err().find("pid ");
  BOOST_REQUIRE(at != std::string::npos);
  const auto process = std::atoi(child.err().c_str() + at + 4);
  BOOST_TEST(process > 0);
  // An orphan that is killed is gone, or waits to be collected by its new parent.
  const bool gone = ::kill(process, 0) != 0;
  std::ifstream status{"/proc/" + std::to_string(process) + "/stat"};
  const std::string line{std::istreambuf_iterator<char>{status}, {}};
  BOOST_TEST((gone || contains(line, ") Z ")), line);
}

BOOST_AUTO_TEST_CASE(a_command_has_no_terminal_to_ask_at) {
  Child child{
      child_options({"generate", "-m", "caller", "--tool", "weather.json", "--tool-exec",
                     "(read x </dev/tty) 2>/dev/null && echo asked || echo none; :", "Weather?"},
                    true)};
  BOOST_TEST(child.wait() == 0, child.out());
  BOOST_TEST(contains(bodies("/api/chat").back(), "none"));
}

BOOST_AUTO_TEST_CASE(an_interrupt_ends_the_command_and_the_program) {
  for (const bool stubborn : {false, true}) {
    const std::string begin = stubborn ? "trap '' TERM; " : "";
    Child child{child_options(
        {"generate", "-m", "caller", "--tool", "weather.json", "--tool-exec",
         begin + "echo pid $$ >&2; mkfifo pipe 2>/dev/null; read x < pipe; true", "Weather?"})};
    child.close_input();
    BOOST_TEST(child.read_error_until("pid "));
    BOOST_TEST(child.read_error_until("\n"));
    const auto process = std::atoi(child.err().c_str() + child.err().find("pid ") + 4);
    BOOST_REQUIRE(process > 0);
    child.signal(SIGINT);
    // The second one does not wait for a command that ignores the first.
    if (stubborn)
      child.signal(SIGINT);
    BOOST_TEST(child.wait() == 130, child.err());
    const bool gone = ::kill(process, 0) != 0;
    std::ifstream status{"/proc/" + std::to_string(process) + "/stat"};
    const std::string line{std::istreambuf_iterator<char>{status}, {}};
    BOOST_TEST((gone || line.empty() || contains(line, ") Z ")), line);
    BOOST_TEST(bodies("/api/chat").size() == (stubborn ? 2u : 1u));
  }
}

BOOST_AUTO_TEST_CASE(a_model_that_calls_without_end_is_stopped) {
  const auto outcome = run({"generate", "-m", "endless", "--tool", "weather.json", "--tool-exec",
                            "echo", "--tool-rounds", "2", "Weather?"});
  BOOST_TEST(outcome.code == 2);
  BOOST_TEST(contains(outcome.err, "--tool-rounds is 2"), outcome.err);
  BOOST_TEST(bodies("/api/chat").size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_bad_file_is_named_with_the_place) {
  const auto expect = [&](const std::string& text, const std::string& sentence) {
    write(home / "work" / "bad.json", text);
    const auto outcome = run({"generate", "--tool", "bad.json", "hi"});
    BOOST_TEST(outcome.code == 2, text);
    BOOST_TEST(contains(outcome.err, sentence), outcome.err);
  };
  expect("{\n \"name\": \"f\",\n}", "bad.json:3: it is not JSON");
  expect("[]", "bad.json:1: the list holds no tool");
  expect("[{\"name\": \"f\"},\n 7]", "bad.json:2: a tool must be an object");
  expect(R"({"description": "d"})", "bad.json:1: the tool has no `name`");
  expect("{\"name\": \"f\",\n\"parametres\": {}}", "bad.json:2: a tool has no member `parametres`");
  expect(R"({"name": "f", "parameters": "x"})", "the `parameters` of a tool must be a JSON schema");
  expect(R"({"type": "retrieval", "function": {"name": "f"}})", "must be `function`");
  expect("[{\"name\": \"f\"},\n{\"name\": \"f\"}]", "bad.json:2: there are two tools of the name");
  expect(R"({"name": "f", "name": "g"})", "stands twice");
  const auto missing = run({"generate", "--tool", "none.json", "hi"});
  BOOST_TEST(missing.code == 2);
  BOOST_TEST(contains(missing.err, "`none.json` cannot be read"), missing.err);
  BOOST_TEST(bodies("/api/chat").empty());
  const auto alone = run({"generate", "--tool-exec", "cat", "hi"});
  BOOST_TEST(alone.code == 2);
  BOOST_TEST(contains(alone.err, "--tool"), alone.err);
}

BOOST_AUTO_TEST_CASE(a_conversation_has_tools_too) {
  const auto outcome =
      run({"chat", "-m", "caller", "--tool", "weather.json", "--tool-exec", "echo mild #"},
          "Weather?\nAnd now?\n");
  BOOST_TEST(outcome.code == 0, outcome.err);
  const auto body = last_body("/api/chat");
  BOOST_TEST(message_of(body, 2, "content") == R"("mild")");
  BOOST_TEST(contains(message_of(body, 3, "content"), "The tool said"), body);
  BOOST_TEST(message_of(body, 4, "content") == R"("And now?")");
  BOOST_TEST(bodies("/api/chat").size() == 4u);
}

BOOST_AUTO_TEST_CASE(an_image_goes_with_the_prompt) {
  write(home / "work" / "dot.png", "\x89PNG\r\n\x1A\n");
  write(home / "work" / "dot.txt", "text");
  BOOST_TEST(run({"generate", "--image", "dot.png", "--image", "dot.png", "What?"}).code == 0);
  BOOST_TEST(json_at(last_body("/api/generate"), "images") == R"(["iVBORw0KGgo=","iVBORw0KGgo="])");
  BOOST_TEST(
      run({"generate", "-m", "caller", "--tool", "two.json", "--image", "dot.png", "What?"}).code ==
      0);
  BOOST_TEST(message_of(last_body("/api/chat"), 0, "images") == R"(["iVBORw0KGgo="])");
  BOOST_TEST(run({"chat", "--image", "dot.png"}, "What?\nAnd?\n").code == 0);
  const auto body = last_body("/api/chat");
  BOOST_TEST(message_of(body, 0, "images") == R"(["iVBORw0KGgo="])");
  BOOST_TEST(message_of(body, 2, "images") == "");
  const auto wrong = run({"generate", "--image", "dot.txt", "What?"});
  BOOST_TEST(wrong.code == 2);
  BOOST_TEST(contains(wrong.err, "`dot.txt` is no image"), wrong.err);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace tool_test

} // namespace nexus::llm::cli::test
