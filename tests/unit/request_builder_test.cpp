// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <functional>

#include "actors/ollama_client/request_builder.hpp"
#include "config/json.hpp"
#include "tests/unit/support.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;
using namespace std::chrono_literals;
namespace builder = nexus::llm::request_builder;

namespace request_builder_test {

namespace {

LLMRequest prompt(std::string text = "Hi") {
  LLMRequest request;
  request.model = "m";
  request.prompt = std::move(text);
  return request;
}

LLMRequest conversation(std::vector<ChatMessage> messages) {
  LLMRequest request;
  request.kind = RequestKind::chat;
  request.model = "m";
  request.messages = std::move(messages);
  return request;
}

/// One member of a request's body as JSON text.
std::string member(const LLMRequest& request, std::string_view name) {
  const auto body = json::parse(builder::body(request));
  const auto* value = json::find(*body, name);
  return value == nullptr ? "(absent)" : json::to_text(*value);
}

} // namespace

BOOST_AUTO_TEST_SUITE(request_builder_bodies)

BOOST_AUTO_TEST_CASE(a_plain_prompt_has_nothing_that_was_not_asked_for) {
  BOOST_TEST(builder::endpoint(RequestKind::generate) == "/api/generate");
  BOOST_TEST(builder::body(prompt()) == R"({"model":"m","prompt":"Hi","stream":false})");
}

BOOST_AUTO_TEST_CASE(a_plain_conversation_has_nothing_that_was_not_asked_for) {
  BOOST_TEST(builder::endpoint(RequestKind::chat) == "/api/chat");
  BOOST_TEST(builder::body(conversation({{.role = ChatRole::user, .content = "Hi"}})) ==
             R"({"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":false})");
}

BOOST_AUTO_TEST_CASE(a_prompt_with_every_option_has_them_all_at_their_places) {
  auto request = prompt();
  request.id = {"never sent"};
  request.context = "Before";
  request.temperature = 0.5;
  request.max_tokens = 10;
  request.seed = -7;
  request.stop = {"a", "b"};
  request.system = "S";
  request.format = Format::json();
  request.keep_alive = {"5m"};
  request.num_ctx = 64;
  request.images = {"QUJD"};
  request.think = Think::high;
  request.raw_options = R"({"top_k":3})";
  request.continuation = {1, 4294967295};
  request.suffix = "after";
  request.priority = Priority::background;
  request.timeout = 1s;
  request.stream = true;
  BOOST_TEST(builder::body(request) ==
             R"({"model":"m","prompt":"Before\n\nHi","suffix":"after","system":"S",)"
             R"("images":["QUJD"],"context":[1,4294967295],"format":"json","think":"high",)"
             R"("options":{"top_k":3,"num_ctx":64,"temperature":0.5,"num_predict":10,"seed":-7,)"
             R"("stop":["a","b"]},"stream":true,"keep_alive":"5m"})");
}

BOOST_AUTO_TEST_CASE(a_conversation_with_everything_has_it_all_at_its_places) {
  auto request =
      conversation({{.role = ChatRole::user, .content = "Weather?", .images = {"QUJD"}},
                    {.role = ChatRole::assistant,
                     .content = "",
                     .thinking = "Look it up.",
                     .tool_calls = {{"call_1", "get_weather", R"({"city":"Oslo","days":2})"},
                                    {"", "now", "{}"}}},
                    {.role = ChatRole::tool,
                     .content = "7 C",
                     .tool_name = "get_weather",
                     .tool_call_id = "call_1"}});
  request.tools = {{"get_weather", "Weather", R"({"type":"object","properties":{"city":{}}})"},
                   {"now", "", ""}};
  BOOST_TEST(
      builder::body(request) ==
      R"({"model":"m","messages":[{"role":"user","content":"Weather?","images":["QUJD"]},)"
      R"({"role":"assistant","content":"","thinking":"Look it up.","tool_calls":[)"
      R"({"id":"call_1","function":{"name":"get_weather","arguments":{"city":"Oslo","days":2}}},)"
      R"({"function":{"name":"now","arguments":{}}}]},)"
      R"({"role":"tool","content":"7 C","tool_name":"get_weather","tool_call_id":"call_1"}],)"
      R"("tools":[{"type":"function","function":{"name":"get_weather","description":"Weather",)"
      R"("parameters":{"type":"object","properties":{"city":{}}}}},)"
      R"({"type":"function","function":{"name":"now","description":"",)"
      R"("parameters":{"type":"object","properties":{}}}}],"stream":false})");
}

BOOST_AUTO_TEST_CASE(a_call_that_had_a_place_among_others_keeps_it) {
  const auto request =
      conversation({{.role = ChatRole::assistant,
                     .tool_calls = {{.name = "f", .arguments = "{}", .index = 3}}}});
  BOOST_TEST(member(request, "messages") ==
             R"([{"role":"assistant","content":"","tool_calls":[)"
             R"({"function":{"name":"f","arguments":{},"index":3}}]}])");
}

BOOST_AUTO_TEST_CASE(a_load_has_the_options_that_there_are) {
  BOOST_TEST(builder::body(LoadRequest{.model = "m"}) == R"({"model":"m"})");
  for (const auto* none : {"{}", "[]", "7", "null"})
    BOOST_TEST(builder::body(LoadRequest{.model = "m", .raw_options = none}) == R"({"model":"m"})",
               none);
  BOOST_TEST(builder::body(LoadRequest{
                 .model = "m", .keep_alive = {"5m"}, .raw_options = R"({"num_ctx":4})"}) ==
             R"({"model":"m","options":{"num_ctx":4},"keep_alive":"5m"})");
}

BOOST_AUTO_TEST_CASE(a_named_option_wins_over_one_that_is_passed_through) {
  auto request = prompt();
  request.raw_options =
      R"({"temperature":1,"num_ctx":1,"seed":1,"num_predict":1,"stop":["x"],"x":1})";
  request.temperature = 0.0;
  request.num_ctx = 8;
  request.seed = 9;
  request.max_tokens = 5;
  request.stop = {"y"};
  BOOST_TEST(member(request, "options") ==
             R"({"temperature":0.0,"num_ctx":8,"seed":9,"num_predict":5,"stop":["y"],"x":1})");
}

BOOST_AUTO_TEST_CASE(an_option_that_is_passed_through_stays_where_no_named_one_is_set) {
  auto request = prompt();
  request.raw_options = R"({"temperature":1,"future":{"x":null}})";
  BOOST_TEST(member(request, "options") == request.raw_options);
}

BOOST_AUTO_TEST_CASE(format_is_json_a_schema_or_absent_but_never_null) {
  auto request = prompt();
  BOOST_TEST(member(request, "format") == "(absent)");
  request.format = Format::json();
  BOOST_TEST(member(request, "format") == R"("json")");
  request.format = Format::schema(R"({"type":"object"})");
  BOOST_TEST(member(request, "format") == R"({"type":"object"})");
}

BOOST_AUTO_TEST_CASE(think_is_a_truth_value_or_a_level) {
  auto request = prompt();
  BOOST_TEST(member(request, "think") == "(absent)");
  for (const auto& [given, sent] :
       {std::pair{Think::on, "true"}, std::pair{Think::off, "false"},
        std::pair{Think::low, R"("low")"}, std::pair{Think::medium, R"("medium")"},
        std::pair{Think::high, R"("high")"}, std::pair{Think::max, R"("max")"}}) {
    request.think = given;
    BOOST_TEST(member(request, "think") == sent);
  }
}

BOOST_AUTO_TEST_CASE(keep_alive_is_a_number_where_it_is_plain) {
  auto request = prompt();
  BOOST_TEST(member(request, "keep_alive") == "(absent)");
  for (const auto& [given, sent] : {std::pair{"-1", "-1"}, std::pair{"0", "0"},
                                    std::pair{"2.5", "2.5"}, std::pair{"5m", R"("5m")"}}) {
    request.keep_alive = {given};
    BOOST_TEST(member(request, "keep_alive") == sent);
  }
}

BOOST_AUTO_TEST_CASE(a_raw_prompt_has_no_system_text) {
  auto request = prompt();
  request.raw = true;
  request.system = "S";
  BOOST_TEST(member(request, "raw") == "true");
  BOOST_TEST(member(request, "system") == "(absent)");
}

BOOST_AUTO_TEST_CASE(system_and_context_lead_a_conversation) {
  auto request = conversation({{.role = ChatRole::user, .content = "Hi"}});
  request.system = "S";
  request.context = "C";
  BOOST_TEST(member(request, "messages") ==
             R"([{"role":"system","content":"S"},{"role":"system","content":"C"},)"
             R"({"role":"user","content":"Hi"}])");
}

BOOST_AUTO_TEST_CASE(
    an_empty_system_text_silences_the_one_of_the_model_and_an_empty_context_is_none) {
  auto request = prompt();
  request.system = "";
  request.context = "";
  BOOST_TEST(member(request, "system") == R"("")");
  BOOST_TEST(member(request, "prompt") == R"("Hi")");
  auto talk = conversation({{.role = ChatRole::user, .content = "Hi"}});
  talk.system = "";
  talk.context = "";
  BOOST_TEST(member(talk, "messages") == R"([{"role":"user","content":"Hi"}])");
  talk.context = "C";
  BOOST_TEST(member(talk, "messages") ==
             R"([{"role":"system","content":"C"},{"role":"user","content":"Hi"}])");
}

BOOST_AUTO_TEST_CASE(a_conversation_with_a_system_message_of_its_own_keeps_it_first) {
  auto request = conversation(
      {{.role = ChatRole::system, .content = "Own"}, {.role = ChatRole::user, .content = "Hi"}});
  request.system = "Role's";
  request.context = "C";
  BOOST_TEST(member(request, "messages") ==
             R"([{"role":"system","content":"Own"},{"role":"system","content":"C"},)"
             R"({"role":"user","content":"Hi"}])");
}

BOOST_AUTO_TEST_CASE(texts_are_escaped_and_nothing_is_lost) {
  const std::string text = "\"\\\n\x01</script>\xC3\xA9\xF0\x9F\x98\x80";
  const auto body = json::parse(builder::body(prompt(text)));
  BOOST_REQUIRE(body);
  BOOST_TEST(*json::find_text(*body, "prompt") == text);
}

BOOST_AUTO_TEST_CASE(an_embedding_request_has_its_texts_under_input) {
  EmbedRequest request{.model = "e", .input = {"a", "b"}};
  BOOST_TEST(builder::body(request) == R"({"model":"e","input":["a","b"]})");
  request.dimensions = 3;
  request.keep_alive = {"0"};
  BOOST_TEST(builder::body(request) ==
             R"({"model":"e","input":["a","b"],"dimensions":3,"keep_alive":0})");
}

BOOST_AUTO_TEST_CASE(the_small_bodies_name_what_they_are_about) {
  BOOST_TEST(builder::model_body("a\"b") == R"({"model":"a\"b"})");
  BOOST_TEST(builder::body(LoadRequest{.model = "m"}) == R"({"model":"m"})");
  BOOST_TEST(builder::body(LoadRequest{.model = "m", .keep_alive = {"0"}}) ==
             R"({"model":"m","keep_alive":0})");
  BOOST_TEST(builder::body(LoadRequest{.model = "m", .raw_options = R"({"num_ctx":64})"}) ==
             R"({"model":"m","options":{"num_ctx":64}})");
  BOOST_TEST(builder::body(ModelTransfer{.model = "m"}) == R"({"model":"m"})");
  BOOST_TEST(builder::body(ModelTransfer{.model = "m", .insecure = true}) ==
             R"({"model":"m","insecure":true})");
  BOOST_TEST(builder::copy_body("a", "b") == R"({"source":"a","destination":"b"})");
}

BOOST_AUTO_TEST_CASE(a_model_to_make_names_the_parts_that_are_given) {
  const CreateRequest request{.model = "mine",
                              .from = "",
                              .files = {{"a.gguf", "sha256:ab"}},
                              .adapters = {},
                              .prompt_template = "{{ .Prompt }}",
                              .system = "Be kind.",
                              .license = {"MIT"},
                              .parameters = R"({"top_k":5})",
                              .messages = {{.role = ChatRole::user, .content = "Hi"}},
                              .quantize = "q4_K_M"};
  BOOST_TEST(builder::body(request) ==
             R"({"model":"mine","files":{"a.gguf":"sha256:ab"},"template":"{{ .Prompt }}",)"
             R"("system":"Be kind.","license":["MIT"],"parameters":{"top_k":5},)"
             R"("messages":[{"role":"user","content":"Hi"}],"quantize":"q4_K_M"})");
  BOOST_TEST(builder::body(CreateRequest{.model = "mine", .from = "base"}) ==
             R"({"model":"mine","from":"base"})");
}

BOOST_AUTO_TEST_CASE(what_belongs_to_newer_servers_is_sent_only_where_it_is_set) {
  LLMRequest request;
  request.model = "m";
  request.prompt = "p";
  for (const auto* name : {"truncate", "shift", "logprobs", "top_logprobs"})
    BOOST_TEST(member(request, name) == "(absent)", name);
  request.truncate = false;
  request.shift = false;
  request.logprobs = true;
  request.top_logprobs = 3;
  BOOST_TEST(member(request, "truncate") == "false");
  BOOST_TEST(member(request, "shift") == "false");
  BOOST_TEST(member(request, "logprobs") == "true");
  BOOST_TEST(member(request, "top_logprobs") == "3");
  const EmbedRequest embed{
      .model = "e", .input = {"a"}, .truncate = false, .raw_options = R"({"num_ctx":9})"};
  BOOST_TEST(builder::body(embed) ==
             R"({"model":"e","input":["a"],"truncate":false,"options":{"num_ctx":9}})");
}

BOOST_AUTO_TEST_CASE(an_embedding_carries_options_only_if_it_has_some) {
  EmbedRequest request{.model = "e", .input = {"x"}};
  const auto without = request_builder::body(request);
  BOOST_TEST(!contains(without, "options"));
  for (const auto* none : {"{}", "[1]", "5"}) {
    request.raw_options = none;
    BOOST_TEST(request_builder::body(request) == without, none);
  }
  request.raw_options = R"({"num_ctx":5})";
  BOOST_TEST(contains(request_builder::body(request), R"("options":{"num_ctx":5})"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(request_fingerprint)

BOOST_AUTO_TEST_CASE(what_does_not_change_the_answer_does_not_change_the_fingerprint) {
  const auto plain = builder::fingerprint(prompt());
  auto request = prompt();
  request.id = {"x"};
  request.attempt = 3;
  request.priority = Priority::background;
  request.stream = true;
  request.keep_alive = {"1h"};
  request.bypass_cache = true;
  request.timeout = request.gap_timeout = request.total_timeout = request.connect_timeout = 1s;
  BOOST_TEST(builder::fingerprint(request) == plain);
}

BOOST_AUTO_TEST_CASE(what_changes_the_answer_changes_the_fingerprint) {
  const auto plain = builder::fingerprint(prompt());
  const std::function<void(LLMRequest&)> changes[] = {
      [](auto& r) { r.model = "n"; },
      [](auto& r) { r.prompt = "Ho"; },
      [](auto& r) { r.kind = RequestKind::chat; },
      [](auto& r) { r.context = "c"; },
      [](auto& r) { r.system = "s"; },
      [](auto& r) { r.temperature = 0.1; },
      [](auto& r) { r.max_tokens = 1; },
      [](auto& r) { r.seed = 1; },
      [](auto& r) { r.stop = {"x"}; },
      [](auto& r) { r.format = Format::json(); },
      [](auto& r) { r.num_ctx = 16; },
      [](auto& r) { r.images = {"QUJD"}; },
      [](auto& r) { r.think = Think::on; },
      [](auto& r) { r.raw_options = R"({"top_k":1})"; },
      [](auto& r) { r.continuation = {1}; },
      [](auto& r) { r.suffix = "s"; },
      [](auto& r) { r.raw = true; },
  };
  for (const auto& change : changes) {
    auto request = prompt();
    change(request);
    BOOST_TEST(builder::fingerprint(request) != plain);
  }
}

BOOST_AUTO_TEST_CASE(tools_and_messages_count_in_a_conversation) {
  const auto plain = conversation({{.role = ChatRole::user, .content = "Hi"}});
  auto other = plain;
  other.tools = {{"t", "", ""}};
  BOOST_TEST(builder::fingerprint(other) != builder::fingerprint(plain));
  other = plain;
  other.messages[0].role = ChatRole::system;
  BOOST_TEST(builder::fingerprint(other) != builder::fingerprint(plain));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace request_builder_test
