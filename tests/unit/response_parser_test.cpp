// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "actors/ollama_client/response_parser.hpp"
#include "config/json.hpp"
#include "config/utf8.hpp"
#include "tests/unit/support.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;
using namespace std::chrono_literals;
namespace parser = nexus::llm::response_parser;

BOOST_AUTO_TEST_SUITE(parsing_lines)

namespace {

constexpr std::uint32_t depth = 128;

Result<parser::Piece> generate_line(std::string_view line) {
  return parser::parse_chunk(line, RequestKind::generate, depth);
}
Result<parser::Piece> chat_line(std::string_view line) {
  return parser::parse_chunk(line, RequestKind::chat, depth);
}
/// What a line that must be a good one says.
parser::Piece good(const Result<parser::Piece>& piece) {
  BOOST_REQUIRE_MESSAGE(piece, sentence_of(piece));
  return *piece;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_line_of_a_generated_text_is_read) {
  const auto piece = generate_line(
      R"({"model":"heron:3b","created_at":"2026-08-25T09:14:02.44Z","response":" \u003cthe moon\u003e caf\u00e9","done":false})");
  BOOST_REQUIRE(piece);
  BOOST_TEST(piece->model == "heron:3b");
  BOOST_TEST(piece->text == " <the moon> caf\xC3\xA9");
  BOOST_TEST(!piece->done);
  BOOST_TEST(!piece->context);
}

BOOST_AUTO_TEST_CASE(the_last_line_has_context_and_statistics) {
  const auto piece = generate_line(
      R"({"model":"m","response":"","done":true,"done_reason":"length","context":[12,4294967295],)"
      R"("total_duration":9,"load_duration":8,"prompt_eval_count":7,"prompt_eval_duration":6,)"
      R"("eval_count":5,"eval_duration":4})");
  BOOST_REQUIRE(piece);
  BOOST_TEST(piece->done);
  BOOST_TEST(piece->done_reason == "length");
  BOOST_CHECK(piece->context == (std::vector<std::uint32_t>{12, 4294967295}));
  const GenerateStats expected{9ns, 8ns, 7, 6ns, 5, 4ns};
  BOOST_CHECK(piece->stats == expected);
}

BOOST_AUTO_TEST_CASE(statistics_that_are_missing_are_zero_and_floats_are_fine) {
  const auto piece = generate_line(
      R"({"response":"","done":true,"eval_count":5.0,"eval_duration":1e9,"total_duration":-4,"load_duration":1e300,"prompt_eval_count":"7"})");
  BOOST_REQUIRE(piece);
  BOOST_TEST(piece->stats.eval_count == 5u);
  BOOST_CHECK(piece->stats.eval_duration == 1s);
  BOOST_CHECK(piece->stats.total_duration == 0ns);
  BOOST_CHECK(piece->stats.load_duration >= 0ns);
  BOOST_TEST(piece->stats.prompt_eval_count == 0u);
  BOOST_TEST(piece->done_reason == "");
  BOOST_TEST(piece->stats.tokens_per_second() == 5.0);
}

BOOST_AUTO_TEST_CASE(an_absurd_duration_does_not_become_negative) {
  const auto piece =
      generate_line(R"({"response":"","done":true,"total_duration":18446744073709551615})");
  BOOST_REQUIRE(piece);
  // Even a million of them can be added up.
  BOOST_CHECK(piece->stats.total_duration > 0ns);
  BOOST_CHECK(piece->stats.total_duration == std::chrono::hours{24 * 30});
  BOOST_CHECK(good(generate_line(R"({"done":true,"total_duration":2591999999999999})"))
                  .stats.total_duration == 2591999999999999ns);
}

BOOST_AUTO_TEST_CASE(a_reason_that_we_do_not_know_is_passed_on) {
  BOOST_TEST(generate_line(R"({"response":"","done":true,"done_reason":"quota"})")->done_reason ==
             "quota");
}

BOOST_AUTO_TEST_CASE(a_line_of_a_conversation_is_read) {
  const auto piece = chat_line(
      R"({"model":"m","message":{"role":"assistant","content":"Hi","thinking":"Hm"},"done":false})");
  BOOST_REQUIRE(piece);
  BOOST_TEST(piece->text == "Hi");
  BOOST_TEST(piece->thinking == "Hm");
}

BOOST_AUTO_TEST_CASE(thinking_of_a_generated_text_is_read) {
  const auto piece = generate_line(R"({"response":"","thinking":"Hm","done":false})");
  BOOST_REQUIRE(piece);
  BOOST_TEST(piece->thinking == "Hm");
  BOOST_TEST(piece->text == "");
}

BOOST_AUTO_TEST_CASE(tool_calls_are_read_on_a_line_of_their_own_and_on_the_last_one) {
  for (const auto* done : {"false", "true"}) {
    const auto piece = chat_line(
        R"({"message":{"role":"assistant","content":"","tool_calls":[)"
        R"({"id":"Qm7t","function":{"index":0,"name":"get_weather","arguments":{"city":"Bergen","days":2}}},)"
        R"({"function":{"name":"get_time","arguments":{}}},{"function":{"name":"none"}}]},"done":)" +
        std::string{done} + "}");
    BOOST_REQUIRE(piece);
    const std::vector<ToolCall> expected{
        {"Qm7t", "get_weather", R"({"city":"Bergen","days":2})", 0},
        {"", "get_time", "{}", {}},
        {"", "none", "{}", {}}};
    BOOST_CHECK(piece->tool_calls == expected);
  }
}

BOOST_AUTO_TEST_CASE(arguments_of_a_tool_call_are_always_the_text_of_an_object) {
  for (const auto* arguments : {"null", "\"{}\"", "[]", "1"}) {
    const auto piece =
        chat_line(R"({"message":{"content":"","tool_calls":[{"function":{"name":"f","arguments":)" +
                  std::string{arguments} + R"(}}]},"done":false})");
    if (!piece)
      continue; // refusing the line is fine too
    for (const auto& call : piece->tool_calls) {
      const auto parsed = json::parse(call.arguments);
      BOOST_TEST((parsed && parsed->IsObject()), call.arguments);
    }
  }
}

BOOST_AUTO_TEST_CASE(tool_calls_of_a_wrong_shape_are_left_out) {
  for (const auto* calls : {"null", "5", "{}", "[1]", "[{}]", "[{\"function\":null}]"}) {
    const auto piece = chat_line(R"({"message":{"content":"x","tool_calls":)" + std::string{calls} +
                                 R"(},"done":false})");
    BOOST_REQUIRE_MESSAGE(piece, calls);
    BOOST_TEST(piece->tool_calls.empty(), calls);
  }
}

BOOST_AUTO_TEST_CASE(a_reported_failure_is_told_apart_from_a_broken_line) {
  const auto reported = generate_line(R"({"error":"runner \"x\" died"})");
  BOOST_TEST(code_of(reported) == ErrorCode::stream_failed);
  BOOST_TEST(reported.error().detail == "runner \"x\" died");
  BOOST_TEST(code_of(chat_line(R"({"error":{"code":400}})")) == ErrorCode::stream_failed);
  BOOST_TEST(chat_line(R"({"error":{"code":400}})").error().detail == R"({"code":400})");
  BOOST_TEST(generate_line(R"({"error":null,"response":"x","done":false})").has_value());
}

BOOST_AUTO_TEST_CASE(broken_lines_are_refused) {
  for (const auto* line :
       {"", "{", "nonsense", "[]", "null", "5", "{}", R"({"model":"m"})",
        R"({"response":"x","done":"yes"})", R"({"response":"x","done":2})",
        R"({"response":5,"done":false})", R"({"response":"x","thinking":[],"done":false})",
        "{\"response\":\"\xFF\",\"done\":false}", "{\"response\":\"\xC3\",\"done\":false}",
        "data: {\"response\":\"x\",\"done\":false}"})
    BOOST_TEST(code_of(generate_line(line)) == ErrorCode::stream_malformed, line);
  for (const auto* line :
       {R"({"message":"x","done":false})", R"({"message":5,"done":true})", R"({"done":false})",
        R"({"message":null,"done":false})", R"({"message":{"content":[]},"done":false})"})
    BOOST_TEST(code_of(chat_line(line)) == ErrorCode::stream_malformed, line);
}

BOOST_AUTO_TEST_CASE(text_that_was_read_is_always_valid_utf8) {
  BOOST_TEST(generate_line(R"({"response":"\ud83e\udd89 \u00e4","done":false})")->text ==
             "\xF0\x9F\xA6\x89 \xC3\xA4");
  // Half of a character may come alone, since the server cuts texts where it likes.
  for (const auto* half : {R"(\udc00x)", R"(\ud800)", R"(\ud800x)", R"(\ud800\u0041)",
                           R"(\ud83e\ud83e\udd89)", R"(\udd89\ud83e)"}) {
    const auto piece = generate_line(R"({"response":")" + std::string{half} + R"(","done":false})");
    BOOST_REQUIRE_MESSAGE(piece, half);
    BOOST_TEST(is_valid_utf8(piece->text), half);
    BOOST_TEST(!piece->text.empty(), half);
  }
}

BOOST_AUTO_TEST_CASE(nulls_and_missing_texts_are_empty) {
  BOOST_TEST(generate_line(R"({"response":null,"thinking":null,"done":false})")->text == "");
  BOOST_TEST(generate_line(R"({"done":true})")->text == "");
  BOOST_TEST(chat_line(R"({"message":{"content":null},"done":false})")->text == "");
  BOOST_TEST(chat_line(R"({"message":{"role":"assistant"},"done":false})")->text == "");
  BOOST_TEST(!chat_line(R"({"message":{"role":"assistant"}})").has_value());
  BOOST_TEST(chat_line(R"({"done":true,"done_reason":"load"})")->done_reason == "load");
}

BOOST_AUTO_TEST_CASE(a_reason_to_end_ends_the_answer_without_done) {
  const auto piece = generate_line(R"({"response":"","done_reason":"stop","eval_count":3})");
  BOOST_REQUIRE(piece);
  BOOST_TEST(piece->done);
  BOOST_TEST(piece->stats.eval_count == 3u);
  BOOST_TEST(!generate_line(R"({"response":"x"})")->done);
  BOOST_TEST(!generate_line(R"({"response":"x","done":null,"done_reason":""})")->done);
  BOOST_TEST(chat_line(R"({"message":{"content":""},"done":null,"done_reason":"stop"})")->done);
}

BOOST_AUTO_TEST_CASE(the_end_is_understood_as_a_text_or_a_number) {
  for (const auto* end : {"true", "1", "\"true\""})
    BOOST_TEST(good(generate_line(R"({"response":"x","done":)" + std::string{end} + "}")).done,
               end);
  for (const auto* more : {"false", "0", "\"false\""})
    BOOST_TEST(!good(generate_line(R"({"response":"x","done":)" + std::string{more} + "}")).done,
               more);
}

BOOST_AUTO_TEST_CASE(an_answer_in_the_form_of_the_other_request_keeps_its_text) {
  const auto* message = R"({"message":{"content":"a","thinking":"b"},"done":true})";
  BOOST_TEST(generate_line(message)->text == "a");
  BOOST_TEST(generate_line(message)->thinking == "b");
  BOOST_TEST(chat_line(R"({"response":"a","thinking":"b","done":true})")->text == "a");
  BOOST_TEST(chat_line(R"({"message":{"content":"a"},"response":"b","done":true})")->text == "a");
  BOOST_TEST(generate_line(R"({"message":{"content":"a"},"response":"b","done":true})")->text ==
             "b");
}

BOOST_AUTO_TEST_CASE(an_empty_error_is_no_failure) {
  BOOST_TEST(generate_line(R"({"response":"x","done":true,"error":""})")->text == "x");
}

BOOST_AUTO_TEST_CASE(a_byte_order_mark_before_an_object_is_skipped) {
  BOOST_TEST(generate_line("\xEF\xBB\xBF{\"response\":\"x\",\"done\":false}")->text == "x");
  BOOST_TEST(parser::parse_version("\xEF\xBB\xBF{\"version\":\"1\"}").value_or("") == "1");
}

BOOST_AUTO_TEST_CASE(arguments_of_a_tool_call_that_are_json_text_are_read) {
  const auto piece = chat_line(
      R"({"message":{"content":"","tool_calls":[{"function":{"name":"f","arguments":"{\"a\": [1, 2]}"}}]},"done":false})");
  BOOST_REQUIRE(piece);
  BOOST_REQUIRE_EQUAL(piece->tool_calls.size(), 1u);
  BOOST_TEST(piece->tool_calls[0].arguments == R"({"a":[1,2]})");
  BOOST_TEST(
      code_of(chat_line(
          R"({"message":{"content":"","tool_calls":[{"function":{"name":"f","arguments":"{"}}]},"done":false})")) ==
      ErrorCode::stream_malformed);
}

BOOST_AUTO_TEST_CASE(arguments_of_a_tool_call_that_are_blank_are_none) {
  const auto with = [](const std::string& arguments) {
    return chat_line(
        R"({"message":{"content":"","tool_calls":[{"function":{"name":"f","arguments":)" +
        arguments + R"(}}]},"done":false})");
  };
  for (const auto* none : {"null", "{}", R"("")", R"(" \t\r\n")", R"("{}")"})
    BOOST_TEST(good(with(none)).tool_calls.at(0).arguments == "{}", none);
  for (const auto* wrong : {"[]", "1", "true", R"("[]")", R"("1")", R"(" x")"})
    BOOST_TEST(code_of(with(wrong)) == ErrorCode::stream_malformed, wrong);
  // Their text may nest as deeply as a line.
  const auto nested = [](std::uint32_t levels) {
    std::string text;
    for (std::uint32_t i = 1; i < levels; ++i)
      text += R"({\"a\":)";
    text += "{}" + std::string(levels - 1, '}');
    return parser::parse_chunk(R"({"message":{"tool_calls":[{"name":"f","arguments":")" + text +
                                   R"("}]},"done":false})",
                               RequestKind::chat, 8);
  };
  BOOST_TEST(nested(8).has_value());
  BOOST_TEST(code_of(nested(9)) == ErrorCode::stream_malformed);
}

BOOST_AUTO_TEST_CASE(the_place_of_a_tool_call_is_a_number_within_or_beside_its_function) {
  const auto index_of = [](const std::string& members, const std::string& of_function) {
    return good(chat_line(R"({"message":{"tool_calls":[{)" + members + R"("function":{)" +
                          of_function + R"("name":"f"}}]},"done":false})"))
        .tool_calls.at(0)
        .index;
  };
  BOOST_TEST((index_of("", R"("index":3,)") == 3u));
  BOOST_TEST((index_of(R"("index":4,)", "") == 4u));
  BOOST_TEST((index_of(R"("index":4,)", R"("index":3,)") == 3u));
  BOOST_TEST(!index_of("", "").has_value());
  for (const auto* wrong : {R"("index":-1,)", R"("index":"1",)", R"("index":null,)"}) {
    BOOST_TEST(!index_of("", wrong).has_value(), wrong);
    BOOST_TEST(!index_of(wrong, "").has_value(), wrong);
  }
}

BOOST_AUTO_TEST_CASE(log_probabilities_of_a_wrong_shape_are_left_out) {
  const auto tokens_of = [](const std::string& list) {
    return good(generate_line(R"({"response":"x","logprobs":)" + list + R"(,"done":false})"))
        .logprobs;
  };
  for (const auto* none : {"null", "5", "{}", R"("x")", "[]", "[1,null]"})
    BOOST_TEST(tokens_of(none).empty(), none);
  for (const auto* plain :
       {R"([{"token":"a"}])", R"([{"token":"a","logprob":"x","bytes":"x","top_logprobs":5}])",
        R"([{"token":"a","logprob":null,"bytes":null,"top_logprobs":null}])",
        R"([{"token":"a","bytes":{},"top_logprobs":[1,null,"x"]}])"})
    BOOST_CHECK(tokens_of(plain) == (std::vector<TokenLogprob>{{"a", 0.0, {}, {}}}));
}

BOOST_AUTO_TEST_CASE(a_line_needs_something_of_an_answer_or_an_end) {
  for (const auto* line : {R"({"response":""})", R"({"thinking":""})", R"({"done":false})"})
    BOOST_TEST(generate_line(line).has_value(), line);
  for (const auto* line :
       {R"({"message":{"content":""}})", R"({"message":{"thinking":""}})",
        R"({"message":{"tool_calls":[{"name":"f"}]}})", R"({"message":{},"done":false})",
        R"({"message":null,"done":true})", R"({"response":"x"})"})
    BOOST_TEST(chat_line(line).has_value(), line);
  for (const auto* line : {R"({"model":"m"})", R"({"message":{}})", R"({"message":{"role":"x"}})",
                           R"({"message":{"tool_calls":[]}})", R"({"message":null})",
                           R"({"message":"x","done":true})"})
    BOOST_TEST(code_of(chat_line(line)) == ErrorCode::stream_malformed, line);
}

BOOST_AUTO_TEST_CASE(the_end_brings_figures_and_a_context_of_numbers_and_no_other_line_does) {
  const auto* members =
      R"("response":"x","eval_count":3,"done_reason":"stop","context":[1,-2,"3",4])";
  const auto end = good(generate_line("{" + std::string{members} + R"(,"done":true})"));
  BOOST_TEST(end.stats.eval_count == 3u);
  BOOST_TEST(end.done_reason == "stop");
  BOOST_CHECK(end.context == (std::vector<std::uint32_t>{1, 4}));
  const auto piece = good(generate_line("{" + std::string{members} + R"(,"done":false})"));
  BOOST_TEST(piece.stats.eval_count == 0u);
  BOOST_TEST(piece.done_reason == "");
  BOOST_TEST(!piece.context.has_value());
  for (const auto* none : {"null", "5", R"("x")", "{}"})
    BOOST_TEST(!good(generate_line(R"({"done":true,"context":)" + std::string{none} + "}"))
                    .context.has_value(),
               none);
}

BOOST_AUTO_TEST_CASE(content_in_parts_that_are_no_texts_is_refused) {
  for (const auto* content : {R"([{"text":"a"},{"text":5}])", R"([{"text":"a"},{}])", R"(["a"])",
                              "[]", "{}", "5", "true"})
    BOOST_TEST(code_of(chat_line(R"({"message":{"content":)" + std::string{content} +
                                 R"(},"done":false})")) == ErrorCode::stream_malformed,
               content);
}

BOOST_AUTO_TEST_CASE(a_tool_call_without_the_object_around_its_name_is_read) {
  const auto piece = chat_line(
      R"({"message":{"content":"","tool_calls":[{"id":"c","index":2,"name":"f","arguments":{"a":1}}]},"done":false})");
  BOOST_REQUIRE(piece);
  BOOST_CHECK(piece->tool_calls == (std::vector<ToolCall>{{"c", "f", R"({"a":1})", 2}}));
}

BOOST_AUTO_TEST_CASE(a_single_tool_call_without_a_list_is_read) {
  const auto piece = chat_line(
      R"({"message":{"content":"","tool_calls":{"function":{"name":"f","arguments":{}}}},"done":false})");
  BOOST_REQUIRE(piece);
  BOOST_REQUIRE_EQUAL(piece->tool_calls.size(), 1u);
  BOOST_TEST(piece->tool_calls[0].name == "f");
}

BOOST_AUTO_TEST_CASE(what_is_no_byte_of_a_token_is_left_out) {
  const auto piece = generate_line(R"({"response":"a","logprobs":[{"token":"a","logprob":-1,)"
                                   R"("bytes":[0,256,255,-1,"x",97]}],"done":false})");
  BOOST_REQUIRE(piece);
  BOOST_CHECK(piece->logprobs.at(0).bytes == (std::vector<std::uint8_t>{0, 255, 97}));
}

BOOST_AUTO_TEST_CASE(content_in_parts_is_the_texts_of_the_parts) {
  BOOST_TEST(
      chat_line(R"({"message":{"content":[{"type":"text","text":"a"},{"text":"b"}]},"done":false})")
          ->text == "ab");
}

BOOST_AUTO_TEST_CASE(log_probabilities_and_the_place_of_a_remote_model_are_read) {
  const auto piece = generate_line(
      R"({"response":"Hi","remote_model":"gpt-oss:120b","remote_host":"https://ollama.com:443","logprobs":[)"
      R"({"token":"Hi","logprob":-0.5,"bytes":[72,105],"top_logprobs":[{"token":"Ho","logprob":-1,"bytes":[72,111]}]}],"done":false})");
  BOOST_REQUIRE(piece);
  BOOST_TEST(piece->remote_host == "https://ollama.com:443");
  BOOST_TEST(piece->remote_model == "gpt-oss:120b");
  const std::vector<TokenLogprob> expected{{"Hi", -0.5, {72, 105}, {{"Ho", -1.0, {72, 111}}}}};
  BOOST_CHECK(piece->logprobs == expected);
  BOOST_TEST(generate_line(R"({"response":"","logprobs":[5,{"token":"a"},null],"done":false})")
                 ->logprobs.size() == 1u);
}

BOOST_AUTO_TEST_CASE(half_a_character_leaves_no_text_that_is_private_to_this_program) {
  const auto piece = generate_line(
      R"({"response":"\ud83d","logprobs":[{"token":"\ud83d","top_logprobs":[{"token":"\ude00"}]}]})");
  BOOST_REQUIRE(piece);
  BOOST_REQUIRE_EQUAL(piece->logprobs.size(), 1u);
  BOOST_TEST(piece->logprobs[0].token == "\xEF\xBF\xBD");
  BOOST_TEST(piece->logprobs[0].top_logprobs.at(0).token == "\xEF\xBF\xBD");
  BOOST_TEST(generate_line(R"({"error":"bad \ud83d"})").error().detail == "bad \xEF\xBF\xBD");
  const auto call = chat_line(R"({"message":{"content":"","tool_calls":[{"id":"\ud83d","function":)"
                              R"({"name":"f","arguments":{"a":"\ud83d"}}}]},"done":false})");
  BOOST_REQUIRE(call);
  BOOST_TEST(call->tool_calls.at(0).id == "\xEF\xBF\xBD");
  BOOST_TEST(call->tool_calls.at(0).arguments == "{\"a\":\"\xEF\xBF\xBD\"}");
}

BOOST_AUTO_TEST_CASE(the_last_of_two_equal_keys_counts) {
  BOOST_TEST(generate_line(R"({"response":"a","response":"b","done":true,"done":false})")->text ==
             "b");
}

BOOST_AUTO_TEST_CASE(what_follows_an_object_has_no_meaning) {
  BOOST_TEST(generate_line(R"({"response":"x","done":true} surplus)")->text == "x");
}

BOOST_AUTO_TEST_CASE(deep_nesting_is_refused_without_a_crash) {
  const std::string deep = R"({"response":"x","done":false,"x":)" + std::string(100'000, '[');
  BOOST_TEST(code_of(generate_line(deep)) == ErrorCode::stream_malformed);
  BOOST_TEST(code_of(parser::parse_chunk(R"({"response":"","done":false,"x":[[[]]]})",
                                         RequestKind::generate, 3)) == ErrorCode::stream_malformed);
}

BOOST_AUTO_TEST_CASE(the_detail_of_a_broken_line_is_bounded) {
  const auto piece = generate_line(std::string(1'000'000, 'x'));
  BOOST_TEST(piece.error().detail.size() < 1000u);
}

BOOST_AUTO_TEST_SUITE_END()
