// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulator/fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace nexus::llm::simulator;
using namespace nexus::llm::simulator::test;

BOOST_AUTO_TEST_SUITE(generate)

BOOST_AUTO_TEST_CASE(stream_has_one_line_per_chunk_and_the_right_keys) {
  Simulator server(with_models());
  server.set_reply("heron:3b", "Tides follow the moon");
  const auto reply =
      post(server.port(), "/api/generate", R"({"model":"HERON:3b","prompt":"a b c"})");
  BOOST_TEST(reply.status_line == "HTTP/1.1 200 OK");
  BOOST_TEST(reply.header_names() == "Content-Type,Transfer-Encoding");
  BOOST_TEST(reply.header("Content-Type") == "application/x-ndjson");
  BOOST_REQUIRE(reply.complete);
  const auto lines = reply.lines();
  BOOST_TEST(lines.size() == reply.chunks.size());
  BOOST_REQUIRE(lines.size() == 5U);
  BOOST_TEST(without_values(lines[0], {"created_at"}) ==
             R"({"model":"HERON:3b","created_at":?,"response":"Tides","done":false})");
  BOOST_TEST(fits(
      lines[4],
      R"({"model":"HERON:3b","created_at":"*Z","response":"","done":true,"done_reason":"stop","total_duration":*,"load_duration":*,"prompt_eval_count":3,"prompt_eval_duration":*,"eval_count":4,"eval_duration":*})"));
}

BOOST_AUTO_TEST_CASE(one_shot_chat_is_one_object_without_newline) {
  Simulator server(with_models());
  server.set_reply("wren", "Yes.");
  const auto reply =
      post(server.port(), "/api/chat",
           R"({"model":"wren","stream":false,"messages":[{"role":"user","content":"x"}]})");
  BOOST_TEST(reply.header("Content-Type") == "application/json; charset=utf-8");
  BOOST_TEST(!reply.chunked);
  BOOST_TEST(contains(
      reply.body,
      R"("message":{"role":"assistant","content":"Yes."},"done":true,"done_reason":"stop","total_duration":)"));
  BOOST_TEST(reply.body.back() == '}');
}

BOOST_AUTO_TEST_CASE(generated_text_says_it_is_simulated_and_follows_the_seed) {
  const Simulator server(with_models());
  const auto ask = [&](const std::string& prompt, int seed) {
    const auto body = post(server.port(), "/api/generate",
                           R"({"model":"wren","stream":false,"prompt":")" + prompt +
                               R"(","options":{"seed":)" + std::to_string(seed) + "}}")
                          .body;
    const auto at = body.find("\"response\":");
    return body.substr(at, body.find(",\"done\"") - at);
  };
  BOOST_TEST(contains(ask("Hello there", 1), "[simulated]"));
  BOOST_TEST(contains(ask("Hello there", 1), "Hello there"));
  BOOST_TEST(contains(ask("Make a plan", 1), "\\n2. "));
  BOOST_TEST(contains(ask("Write a C++ function", 1), "```cpp"));
  BOOST_TEST(ask("Hello", 7) == ask("Hello", 7));
  bool differs = false;
  for (int seed = 0; seed < 8; ++seed)
    differs = differs || ask("Hello", seed) != ask("Hello", 7);
  BOOST_TEST(differs);
}

BOOST_AUTO_TEST_CASE(num_predict_ends_the_text) {
  Simulator server(with_models());
  server.set_reply("wren", "one two three four");
  const auto run = [&](const std::string& options) {
    return post(server.port(), "/api/generate",
                R"({"model":"wren","stream":false,"prompt":"x","options":)" + options + "}")
        .body;
  };
  BOOST_TEST(contains(run(R"({"num_predict":2.9})"),
                      R"("response":"one two","done":true,"done_reason":"length")"));
  BOOST_TEST(contains(run(R"({"num_predict":0})"), R"("response":"one two three four")"));
}

BOOST_AUTO_TEST_CASE(long_prompts_are_cut) {
  const Simulator server(with_models());
  BOOST_TEST(contains(
      post(
          server.port(), "/api/generate",
          R"({"model":"wren","stream":false,"prompt":"a b c d e f g h i j","options":{"num_ctx":8}})")
          .body,
      R"("prompt_eval_count":8)"));
}

BOOST_AUTO_TEST_CASE(thinking_comes_first_on_lines_of_its_own) {
  Simulator server(with_models());
  server.set_reply("owl", "Yes");
  const std::string chat = R"({"model":"owl","messages":[{"role":"user","content":"x"}])";
  auto lines = post(server.port(), "/api/chat", chat + "}").lines();
  BOOST_REQUIRE(lines.size() == 3U);
  BOOST_TEST(contains(
      lines[0], R"("message":{"role":"assistant","content":"","thinking":"Hm."},"done":false)"));
  BOOST_TEST(contains(lines[1], R"("content":"Yes"})"));
  lines = post(server.port(), "/api/chat", chat + R"(,"think":false})").lines();
  BOOST_TEST(lines.size() == 2U);
}

BOOST_AUTO_TEST_CASE(the_first_tool_is_called_on_a_line_of_its_own) {
  Simulator server(with_models());
  server.add_model({.name = "caller", .calls_first_tool = true});
  const std::string start = R"({"model":"caller","messages":[{"role":"user","content":"x"})";
  const std::string end =
      R"(],"tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"}},"required":["city"]}}}]})";
  auto lines = post(server.port(), "/api/chat", start + end).lines();
  BOOST_REQUIRE(lines.size() == 2U);
  BOOST_TEST(fits(
      lines[0],
      R"(*"message":{"role":"assistant","content":"","tool_calls":[{"id":"call_*","function":{"index":0,"name":"get_weather","arguments":{"city":"[simulated]"}}}]},"done":false})"));
  BOOST_TEST(contains(lines[1], R"("done_reason":"stop")"));
  lines = post(server.port(), "/api/chat", start + R"(,{"role":"tool","content":"rain"})" + end)
              .lines();
  BOOST_TEST(!contains(lines[0], "tool_calls"));
}

BOOST_AUTO_TEST_CASE(every_tool_is_called_once_or_without_end) {
  Simulator server(with_models());
  server.add_model({.name = "all",
                    .capabilities = {"completion", "tools", "thinking"},
                    .thinking = "Hm.",
                    .calls_every_tool = true});
  server.add_model({.name = "endless", .calls_tools_endlessly = true});
  const std::string tools =
      R"(,"tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g"}}]})";
  const std::string user = R"("messages":[{"role":"user","content":"x"})";
  auto lines = post(server.port(), "/api/chat", R"({"model":"all",)" + user + "]" + tools).lines();
  BOOST_REQUIRE(lines.size() == 3U);
  BOOST_TEST(contains(lines[0], R"("thinking":"Hm.")"));
  BOOST_TEST(fits(
      lines[1],
      R"(*"tool_calls":[{"id":"call_*","function":{"index":0,"name":"f","arguments":{}}},{"id":"call_*_1","function":{"index":1,"name":"g","arguments":{}}}]*)"));
  const auto after = user + R"(,{"role":"tool","content":"rain"}])" + tools;
  lines = post(server.port(), "/api/chat", R"({"model":"all","stream":false,)" + after).lines();
  BOOST_TEST(contains(lines[0], R"(The tool said \"rain\")"));
  lines = post(server.port(), "/api/chat", R"({"model":"endless",)" + after).lines();
  BOOST_TEST(contains(lines[0], R"("name":"f")"));
}

BOOST_AUTO_TEST_CASE(format_gives_json_of_the_schema) {
  const Simulator server(with_models());
  const auto reply = post(
      server.port(), "/api/generate",
      R"({"model":"wren","stream":false,"prompt":"x","format":{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"array"},"c":{"enum":["x","y"]},"d":{"type":"string"}},"required":["a","b","c"]}})");
  BOOST_TEST(contains(reply.body, R"("response":"{\"a\":0,\"b\":[],\"c\":\"x\"}")"));
  BOOST_TEST(contains(post(server.port(), "/api/generate",
                           R"({"model":"wren","stream":false,"prompt":"x","format":"json"})")
                          .body,
                      R"(\"simulated\":true)"));
}

BOOST_AUTO_TEST_CASE(log_probabilities_come_with_each_token) {
  Simulator server(with_models());
  server.set_reply("wren", "a");
  const auto lines = post(server.port(), "/api/generate",
                          R"({"model":"wren","prompt":"x","logprobs":true,"top_logprobs":1})")
                         .lines();
  BOOST_REQUIRE(lines.size() == 2U);
  BOOST_TEST(contains(lines[0], R"("done":false,"logprobs":[{"token":"a","logprob":-)"));
  BOOST_TEST(contains(lines[0], R"("top_logprobs":[{"token":"a")"));
}

BOOST_AUTO_TEST_CASE(embeddings_are_repeatable) {
  const Simulator server(with_models());
  const auto embed = [&](const std::string& more) {
    const auto body = post(server.port(), "/api/embed", R"({"model":"emb",)" + more + "}").body;
    return body.substr(0, body.find(",\"total_duration\""));
  };
  const auto first = embed(R"("input":"hello")");
  BOOST_TEST(first == embed(R"("input":["hello"])"));
  BOOST_TEST(first != embed(R"("input":"other")"));
  BOOST_TEST(count_of(first, ",") == 8U);
  BOOST_TEST(count_of(embed(R"("input":"hello","dimensions":3)"), ",") == 3U);
  for (const auto* none : {R"("input":[])", R"("input":null)"})
    BOOST_TEST(embed(none) == R"({"model":"emb","embeddings":[])");
}

BOOST_AUTO_TEST_CASE(queued_replies_are_used_once_each) {
  Simulator server(with_models());
  server.queue_reply("wren", "first");
  server.queue_reply("", "second");
  const std::string body = R"({"model":"wren","stream":false,"prompt":"x"})";
  BOOST_TEST(contains(post(server.port(), "/api/generate", body).body, R"("response":"first")"));
  BOOST_TEST(contains(post(server.port(), "/api/generate", body).body, R"("response":"second")"));
  BOOST_TEST(contains(post(server.port(), "/api/generate", body).body, "[simulated]"));
}

BOOST_AUTO_TEST_SUITE_END()
