// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <thread>
#include <unordered_set>

#include "config/describe_json.hpp"
#include "config/read_json.hpp"
#include "messages/wall_time.hpp"
#include "nexus_llm/llm_client_config.hpp"
#include "nexus_llm/llm_request.hpp"
#include "nexus_llm/request_id.hpp"
#include "nexus_llm/stream_messages.hpp"
#include "tests/unit/support.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;
using namespace std::chrono_literals;

namespace messages_test {

namespace {

std::int64_t nanoseconds_of(std::string_view text) {
  const auto time = parse_wall_time(text);
  BOOST_REQUIRE_MESSAGE(time, text);
  return time->time_since_epoch().count();
}

} // namespace

BOOST_AUTO_TEST_SUITE(request_ids)

BOOST_AUTO_TEST_CASE(fresh_ids_are_sixteen_hexadecimal_digits_and_differ) {
  std::unordered_set<RequestId> seen;
  for (int i = 0; i < 2000; ++i) {
    const auto id = make_request_id();
    BOOST_TEST(id.value.size() == 16u);
    BOOST_TEST((id.value.find_first_not_of("0123456789abcdef") == std::string::npos), id.value);
    BOOST_TEST(seen.insert(id).second, id.value);
  }
}

BOOST_AUTO_TEST_CASE(two_threads_make_different_ids) {
  RequestId other;
  std::thread{[&other] { other = make_request_id(); }}.join();
  BOOST_CHECK(other != make_request_id());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(wall_time)

BOOST_AUTO_TEST_CASE(fractions_of_any_length_are_read) {
  const auto whole = nanoseconds_of("2026-08-25T09:14:02Z");
  BOOST_TEST(whole == 1787649242000000000);
  BOOST_TEST(nanoseconds_of("2026-08-25T09:14:02.4Z") - whole == 400'000'000);
  BOOST_TEST(nanoseconds_of("2026-08-25T09:14:02.418820457Z") - whole == 418'820'457);
  BOOST_TEST(nanoseconds_of("2026-08-25T09:14:02.4188204579999Z") - whole == 418'820'457);
}

BOOST_AUTO_TEST_CASE(offsets_lead_to_the_same_instant) {
  const auto utc = nanoseconds_of("2026-11-23T00:50:35.66Z");
  BOOST_TEST(nanoseconds_of("2026-11-22T19:50:35.66-05:00") == utc);
  BOOST_TEST(nanoseconds_of("2026-11-23T06:20:35.66+05:30") == utc);
}

BOOST_AUTO_TEST_CASE(for_ever_is_the_last_time_there_is) {
  BOOST_CHECK(parse_wall_time("2319-03-04T05:06:07.123456789+01:00") == WallTime::max());
  BOOST_CHECK(parse_wall_time("9999-12-31T23:59:59Z") == WallTime::max());
}

BOOST_AUTO_TEST_CASE(what_is_no_time_is_nothing) {
  for (const auto* text :
       {"", "2026", "2026-08-25", "2026-08-25 09:14:02Z", "2026-08-25T09:14:02",
        "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-08-25T24:00:00Z",
        "2026-08-25T09:60:00Z", "2026-08-25T09:14:02.Z", "2026-08-25T09:14:02Zx",
        "2026-08-25T09:14:02+5:00", "-026-08-25T09:14:02Z", "+026-08-25T09:14:02Z",
        "2026-8-25T09:14:02Z", "1500-01-01T00:00:00Z", "0001-01-01T00:00:00Z"})
    BOOST_TEST(!parse_wall_time(text), text);
}

BOOST_AUTO_TEST_CASE(what_is_written_can_be_read_again) {
  for (const auto* text : {"1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "2024-02-29T12:34:56Z"})
    BOOST_TEST(format_wall_time(*parse_wall_time(text)) == text);
  BOOST_TEST(format_wall_time(*parse_wall_time("2026-08-25T09:14:02.999Z")) ==
             "2026-08-25T09:14:02Z");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(describing_as_json)

BOOST_AUTO_TEST_CASE(members_stand_in_the_order_of_the_structure) {
  BOOST_TEST(json::describe(ToolCall{"a\"b", "n", "{}"}) ==
             R"({"id":"a\"b","name":"n","arguments":"{}"})");
}

BOOST_AUTO_TEST_CASE(an_absent_optional_is_left_out) {
  EmbedRequest request{.id = {"i"}, .model = "m", .input = {"x", "y"}};
  BOOST_TEST(json::describe(request) ==
             R"({"id":"i","model":"m","input":["x","y"],"rawOptions":"","keepAlive":""})");
  request.dimensions = 4;
  request.timeout = 1500ms;
  BOOST_TEST(json::describe(request) == R"({"id":"i","model":"m","input":["x","y"],"dimensions":4,)"
                                        R"("rawOptions":"","keepAlive":"","timeout":1500})");
}

BOOST_AUTO_TEST_CASE(enums_times_and_nested_structures_have_readable_forms) {
  BOOST_TEST(json::describe(ModelConfig{"m", AIRole::implementation, "u"}) ==
             R"({"name":"m","role":"implementation","baseUrl":"u"})");
  RunningModels running{{{.name = "m", .expires_at = parse_wall_time("2026-08-25T09:14:02Z")}}};
  BOOST_TEST(json::describe(running) ==
             R"({"models":[{"name":"m","size":0,"sizeVram":0,)"
             R"("expiresAt":"2026-08-25T09:14:02Z","contextLength":0,"digest":"","family":"",)"
             R"("parameterSize":"","quantization":""}]})");
  const LLMError error{.code = ErrorCode::gap_timeout, .retry_after = 2s};
  BOOST_TEST(contains(json::describe(error), R"("code":"gap_timeout")"));
  BOOST_TEST(contains(json::describe(error), R"("retryAfter":2000)"));
}

BOOST_AUTO_TEST_CASE(every_text_of_a_request_survives_the_way_to_json_and_back) {
  LLMRequest request;
  request.prompt = "line\n\"quoted\" \\ \x01 caf\xC3\xA9 \xF0\x9F\x98\x80";
  const auto parsed = json::parse(json::describe(request));
  BOOST_REQUIRE(parsed);
  BOOST_TEST(*json::find_text(*parsed, "prompt") == request.prompt);
}

BOOST_AUTO_TEST_CASE(the_configuration_is_described_whole) {
  const auto parsed = json::parse(json::describe(LLMClientConfig{}));
  BOOST_REQUIRE(parsed);
  BOOST_TEST(json::find_count(*parsed, "timeout") == 300'000u);
  const auto* roles = json::find(*parsed, "roles");
  BOOST_REQUIRE(roles);
  BOOST_TEST(json::find_text(*json::find(*roles, "implementation"), "keepAlive").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(strong_types)

template <class T> std::string problem_of(std::string_view text) {
  T target;
  return json::read_value(*json::parse(text), target).value_or("");
}

BOOST_AUTO_TEST_CASE(they_are_plain_json) {
  GenerateOptions options;
  const auto document = json::parse(R"({"format":"json","keepAlive":"5m","think":"max","id":"a"})");
  BOOST_REQUIRE(!json::read_value(*document, options));
  BOOST_TEST((options.format == Format::json()));
  BOOST_TEST(options.keep_alive.value == "5m");
  BOOST_TEST((options.think == Think::max));
  const auto text = json::describe(options);
  for (const auto* member : {R"("format":"json")", R"("keepAlive":"5m")", R"("think":"max")"})
    BOOST_TEST(text.find(member) != std::string::npos, member);
}

BOOST_AUTO_TEST_CASE(what_is_none_of_their_values_is_refused_where_it_is_read) {
  BOOST_TEST(problem_of<GenerateOptions>(R"({"think":"loud"})") ==
             ".think must be one of false, true, low, medium, high, max");
  BOOST_TEST(problem_of<ChatMessage>(R"({"role":"robot"})") ==
             ".role must be one of user, assistant, system, tool");
  BOOST_TEST(problem_of<ChatMessage>(R"({"role":""})") ==
             ".role must be one of user, assistant, system, tool");
  BOOST_TEST(problem_of<GenerateOptions>(R"({"format":{}})") == ".format must be a text");
  BOOST_TEST(!parse_think("loud"));
  BOOST_TEST(!parse_think(""));
}

BOOST_AUTO_TEST_CASE(times_in_memory_are_what_ollama_takes) {
  BOOST_TEST(KeepAlive::lasting(5min).value == "300");
  BOOST_TEST(KeepAlive::forever().value == "-1");
  BOOST_TEST(KeepAlive::none().value == "0");
  BOOST_TEST(!KeepAlive{}.is_set());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace messages_test
