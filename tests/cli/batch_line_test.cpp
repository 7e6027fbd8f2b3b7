// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/batch/batch_line.hpp"

#include <boost/test/unit_test.hpp>

#include "runtime/cli/batch/batch_progress.hpp"
#include "runtime/cli/terminal/text_width.hpp"
#include "tests/cli/fixture.hpp"

namespace nexus::llm::cli::test {

namespace batch_line_test {

using namespace std::chrono_literals;

std::string fault_of(const std::string& line) {
  const auto parsed = parse_batch_line(line, {});
  return parsed ? "" : parsed.error().subject;
}

BOOST_AUTO_TEST_SUITE(lines_of_a_batch)

BOOST_AUTO_TEST_CASE(a_line_is_a_body_of_ollama) {
  const auto line = parse_batch_line(
      R"({"id": 7, "role": "implementation", "model": "m", "prompt": "p", "system": "s",
          "images": ["aGk="], "format": {"type": "object"}, "think": "low", "keep_alive": 30,
          "suffix": "x", "raw": false, "truncate": false, "shift": true, "logprobs": true,
          "top_logprobs": 2, "options": {"seed": 1}})",
      {});
  BOOST_REQUIRE(line);
  BOOST_TEST(line->id == "7");
  BOOST_TEST((line->role == parse_role("implementation")));
  BOOST_TEST(line->names_model);
  BOOST_TEST(line->prompt == "p");
  const auto& options = line->options;
  BOOST_TEST(options.model == "m");
  BOOST_TEST(options.system.value() == "s");
  BOOST_TEST((options.images == std::vector<std::string>{"aGk="}));
  BOOST_TEST(options.format.value == R"({"type":"object"})");
  BOOST_TEST((options.think == Think::low));
  BOOST_TEST(options.keep_alive.value == "30");
  BOOST_TEST(options.suffix == "x");
  BOOST_TEST(!options.truncate.value());
  BOOST_TEST(options.shift.value());
  BOOST_TEST(options.logprobs);
  BOOST_TEST(options.top_logprobs.value() == 2u);
  BOOST_TEST(options.raw_options == R"({"seed":1})");
}

BOOST_AUTO_TEST_CASE(a_conversation_has_messages_and_tools) {
  const auto line = parse_batch_line(
      R"({"id": "a", "messages": [
            {"role": "user", "content": "c", "images": ["aGk="]},
            {"role": "assistant", "thinking": "t",
             "tool_calls": [{"id": "1", "type": "function",
                             "function": {"index": 0, "name": "f", "arguments": {"x": 1}}}]},
            {"role": "tool", "content": "r", "tool_name": "f", "tool_call_id": "1"}],
          "tools": [{"type": "function", "function": {"name": "f", "description": "d",
                                                      "parameters": {"type": "object"}}}]})",
      {});
  BOOST_REQUIRE(line);
  BOOST_TEST(line->id == R"("a")");
  BOOST_REQUIRE(line->messages.size() == 3u);
  BOOST_TEST(line->messages[0].images.size() == 1u);
  BOOST_TEST(line->messages[1].tool_calls.at(0).arguments == R"({"x":1})");
  BOOST_TEST(line->messages[2].tool_call_id == "1");
  BOOST_TEST(line->options.tools.at(0).parameters == R"({"type":"object"})");
}

BOOST_AUTO_TEST_CASE(what_a_line_sets_goes_before_the_command_line) {
  const GenerateOptions defaults{.model = "m",
                                 .temperature = 1.5,
                                 .max_tokens = 9,
                                 .seed = 3,
                                 .raw_options = R"({"top_k":5,"top_p":0.5})"};
  const auto line =
      parse_batch_line(R"({"prompt": "p", "options": {"temperature": 0, "top_k": 7}})", defaults);
  BOOST_REQUIRE(line);
  BOOST_TEST(!line->names_model);
  BOOST_TEST(line->options.model == "m");
  BOOST_TEST(!line->options.temperature.has_value());
  BOOST_TEST(line->options.max_tokens.value() == 9);
  BOOST_TEST(line->options.seed.value() == 3);
  BOOST_TEST(json_at(line->options.raw_options, "temperature") == "0");
  BOOST_TEST(json_at(line->options.raw_options, "top_k") == "7");
  BOOST_TEST(json_at(line->options.raw_options, "top_p") == "0.5");
}

BOOST_AUTO_TEST_CASE(mistakes_are_named) {
  BOOST_TEST(contains(fault_of("{"), "it is not JSON"));
  BOOST_TEST(contains(fault_of("[1]"), "the line must be an object"));
  BOOST_TEST(contains(fault_of("{}"), "neither a `prompt` nor `messages`"));
  BOOST_TEST(contains(fault_of(R"({"prompt":"p","messages":[{"role":"user"}]})"), "both"));
  BOOST_TEST(contains(fault_of(R"({"promt":"p"})"),
                      "`promt` is no member that is known here; the nearest is `prompt`"));
  BOOST_TEST(contains(fault_of(R"({"prompt":"p","prompt":"q"})"), "`prompt` stands there twice"));
  BOOST_TEST(contains(fault_of(R"({"prompt":7})"), "`prompt` must be a text"));
  BOOST_TEST(contains(fault_of(R"({"prompt":"p","id":1.5})"), "`id` must be a text"));
  BOOST_TEST(contains(fault_of(R"({"prompt":"p","role":"boss"})"), "`role` must be one of"));
  BOOST_TEST(contains(fault_of(R"({"prompt":"p","think":"much"})"), "`think` must be true"));
  BOOST_TEST(contains(fault_of(R"({"prompt":"p","format":"xml"})"), "`format` must be `json`"));
  BOOST_TEST(contains(fault_of(R"({"prompt":"p","keep_alive":"soon"})"), "`keep_alive` must be"));
  BOOST_TEST(contains(fault_of(R"({"prompt":"p","options":{"temperature":"hot"}})"), "`options`"));
  BOOST_TEST(contains(fault_of(R"({"prompt":"p","tools":[{"function":{"name":"f"}}]})"),
                      "`tools` go with `messages`"));
  BOOST_TEST(
      contains(fault_of(R"({"messages":[{"content":"x"}]})"), "`messages` [0] has no `role`"));
  BOOST_TEST(contains(fault_of(R"({"messages":[{"role":"user","text":"x"}]})"),
                      "`messages` [0] `text` is no member"));
}

BOOST_AUTO_TEST_CASE(a_digest_tells_contents_apart_and_not_line_ends) {
  BOOST_TEST(digest_of("{\"prompt\":\"a\"}") == digest_of(" {\"prompt\":\"a\"}\r"));
  BOOST_TEST(digest_of("{\"prompt\":\"a\"}") != digest_of("{\"prompt\":\"b\"}"));
}

BOOST_AUTO_TEST_CASE(progress_fits_the_terminal) {
  const BatchProgress half{.answered = 48, .failed = 2, .now = 40, .total = 100, .elapsed = 80s};
  BOOST_TEST(batch_status(half, 79) ==
             "[###############               ] 50/100  1m40s left  2 failed  30.0/min");
  BOOST_TEST(batch_status(half, 29) == "50/100  1m40s left  2 failed");
  BOOST_TEST(batch_status(half, 28) == "50/100  1m40s left  2 failed");
  const BatchProgress fast{.answered = 50, .now = 40, .total = 100, .elapsed = 4s};
  BOOST_TEST(batch_status(fast, 29) == "[#####      ] 50/100  5s left");
  BOOST_TEST(batch_status(fast, 32) == "[###   ] 50/100  5s left  10.0/s");
  for (std::size_t width = 0; width < 100; ++width)
    BOOST_TEST(width_of(batch_status(half, width)) <= width);
  BOOST_TEST(batch_status({.answered = 3}, 30) == "3");
  BOOST_TEST(batch_status({.total = 9}, 30) == "[                        ] 0/9");
  BOOST_TEST(
      contains(batch_status({.answered = 1, .now = 1, .total = 1'000'000, .elapsed = 60s}, 79),
               "99d0h left"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace batch_line_test

} // namespace nexus::llm::cli::test
