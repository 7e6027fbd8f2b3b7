// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "actors/ollama_client/answer_collector.hpp"
#include "actors/ollama_client/surrogates.hpp"
#include "config/utf8.hpp"

using namespace nexus::llm;

BOOST_AUTO_TEST_SUITE(halves_of_characters)

namespace {

/// What the collector makes of lines whose texts are these escapes, and the chunks that it passes
/// on.
struct Read {
  std::string answer;
  std::string chunks;
};

Read read(const std::vector<std::string>& texts) {
  LLMRequest request;
  request.model = "m";
  AnswerCollector collector{request, {}, {.model = "m", .base_url = "u"}};
  std::string bytes;
  for (const auto& text : texts)
    bytes += R"({"response":")" + text + R"(","done":false})" + "\n";
  bytes += R"({"response":"","done":true})"
           "\n";
  BOOST_TEST(collector.on_bytes(200, bytes));
  Read result;
  for (const auto& chunk : collector.take_chunks())
    result.chunks += chunk.response;
  auto answer = collector.finish({.status = 200, .answer_began = true});
  BOOST_REQUIRE(answer);
  result.answer = answer->response;
  BOOST_TEST(is_valid_utf8(result.answer));
  return result;
}

void check(const std::vector<std::string>& texts, std::string_view expected) {
  const auto result = read(texts);
  BOOST_TEST(result.answer == expected);
  BOOST_TEST(result.chunks == expected);
}

} // namespace

BOOST_AUTO_TEST_CASE(halves_in_two_chunks_are_one_character) {
  check({R"(a\ud83d)", R"(\ude00b)"}, "a\xF0\x9F\x98\x80"
                                      "b");
  check({R"(\ud83d)", "", R"(\ude00)"}, "\xF0\x9F\x98\x80");
}

BOOST_AUTO_TEST_CASE(whole_characters_stay) {
  check({R"(\ud83d\ude00 \u00e9 \n \\ud83d)"}, "\xF0\x9F\x98\x80 \xC3\xA9 \n \\ud83d");
}

BOOST_AUTO_TEST_CASE(digits_behind_another_escape_are_no_half) { check({R"(\nd83d)"}, "\nd83d"); }

BOOST_AUTO_TEST_CASE(a_half_that_stays_alone_is_replaced) {
  check({R"(a\ud83d)", "b"}, "a\xEF\xBF\xBD"
                             "b");
  check({R"(a\ud83d)"}, "a\xEF\xBF\xBD");
  check({R"(\ude00b)"}, "\xEF\xBF\xBD"
                        "b");
  check({R"(\ud83d\ud83d)", R"(\ude00)"}, "\xEF\xBF\xBD\xF0\x9F\x98\x80");
}

BOOST_AUTO_TEST_CASE(a_backslash_that_is_escaped_begins_no_escape) {
  BOOST_TEST(surrogates::mark_halves(R"("\\\\ud800")") == R"("\\\\ud800")");
  BOOST_TEST(surrogates::mark_halves(R"("\\\ud800")") != R"("\\\ud800")");
}

BOOST_AUTO_TEST_CASE(text_that_ends_in_an_escape_is_left_alone) {
  for (const auto* text : {"\\", "\\u", "\\ud8", "\\ud83", "a\\"})
    BOOST_TEST(surrogates::mark_halves(text) == text);
}

BOOST_AUTO_TEST_CASE(private_characters_of_a_text_without_halves_stay) {
  check({"\xF4\x8D\xA0\xBD", "\xF4\x8D\xB8\x80"}, "\xF4\x8D\xA0\xBD\xF4\x8D\xB8\x80");
}

BOOST_AUTO_TEST_CASE(only_halves_that_stand_alone_are_marked) {
  using surrogates::mark_halves;
  const std::string pair = R"(\ud83d\ude00)";
  BOOST_TEST(mark_halves(pair) == pair);
  BOOST_TEST(mark_halves(pair + R"(\ud83d)" + pair) == pair + "\xF4\x8D\xA0\xBD" + pair);
  BOOST_TEST(mark_halves(R"(\ud800)") == "\xF4\x8D\xA0\x80");
  BOOST_TEST(mark_halves(R"(\udbff)") == "\xF4\x8D\xAF\xBF");
  BOOST_TEST(mark_halves(R"(\udc00)") == "\xF4\x8D\xB0\x80");
  BOOST_TEST(mark_halves(R"(\udfff)") == "\xF4\x8D\xBF\xBF");
  for (const auto* other : {R"(\ud7ff)", R"(\ue000)", R"(\n\\ud800)", R"(\ud80)", R"(\u)", R"(\)",
                            "", R"(\ud8xx)", "no escape at all"})
    BOOST_TEST(mark_halves(other) == other);
}

BOOST_AUTO_TEST_CASE(what_was_no_mark_stays) {
  surrogates::Joiner joiner;
  BOOST_TEST(joiner.take("\xF4\x8D\x9F\xBFx", true) == "\xF4\x8D\x9F\xBFx");
  BOOST_TEST(joiner.take("\xF4\x8D\xA0\x80", false) == "\xF4\x8D\xA0\x80");
  BOOST_TEST(joiner.take("\xF4\x8D", true) == "\xF4\x8D");
  BOOST_TEST(joiner.idle());
  BOOST_TEST(joiner.take("a\xF4\x8D\xA0\xBD", true) == "a");
  BOOST_TEST(!joiner.idle());
  BOOST_TEST(joiner.take("", false) == "");
  BOOST_TEST(!joiner.idle());
  BOOST_TEST(joiner.take("\xF4\x8D\xB8\x80z", true) == "\xF0\x9F\x98\x80z");
  BOOST_TEST(joiner.idle());
  BOOST_TEST(joiner.finish() == "");
}

BOOST_AUTO_TEST_SUITE_END()
