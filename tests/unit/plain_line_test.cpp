// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <string>

#include "actors/ollama_client/answer_collector.hpp"
#include "actors/ollama_client/plain_line.hpp"
#include "actors/ollama_client/response_parser.hpp"

namespace nexus::llm::test {

namespace plain_line_test {

namespace {

std::string generate_line(const std::string& text) {
  return R"({"model":"owl:7b","created_at":"2024-08-04T08:52:19.385406455-07:00","response":")" +
         text + R"(","done":false})";
}

std::string chat_line(const std::string& text) {
  return R"({"model":"owl:7b","created_at":"2024-08-04T08:52:19.385406455Z",)"
         R"("message":{"role":"assistant","content":")" +
         text + R"("},"done":false})";
}

/// What the line says; `(other)` if it is not plain.
std::string text_of(const std::string& line, RequestKind kind) {
  const auto plain = find_plain_line(line, kind);
  if (!plain)
    return "(other)";
  std::string text{plain->model};
  text += '|';
  append_unescaped(text, plain->text);
  return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(plain_line)

BOOST_AUTO_TEST_CASE(the_usual_lines_are_plain) {
  BOOST_TEST(text_of(generate_line(" word"), RequestKind::generate) == "owl:7b| word");
  BOOST_TEST(text_of(chat_line(" word"), RequestKind::chat) == "owl:7b| word");
  BOOST_TEST(text_of(generate_line(""), RequestKind::generate) == "owl:7b|");
  BOOST_TEST(text_of(generate_line("\xF0\x9F\xA6\x89 \xC3\xA4"), RequestKind::generate) ==
             "owl:7b|\xF0\x9F\xA6\x89 \xC3\xA4");
  // As Ollama writes code.
  BOOST_TEST(text_of(generate_line(R"(if (a \u003c b \u0026\u0026 \"c\\d\") {\n\t\r\b\f\/)"),
                     RequestKind::generate) == "owl:7b|if (a < b && \"c\\d\") {\n\t\r\b\f/");
}

BOOST_AUTO_TEST_CASE(every_printable_character_is_plain_in_a_name_and_no_other) {
  const auto named = [](const std::string& name) {
    return find_plain_line(R"({"model":")" + name +
                               R"(","created_at":"t","response":"x","done":false})",
                           RequestKind::generate)
        .has_value();
  };
  // Alone, and within and behind eight characters that are looked at together.
  for (int byte = 1; byte < 256; ++byte) {
    const std::string one(1, static_cast<char>(byte));
    const bool plain = byte >= ' ' && byte <= '~' && byte != '\\' && byte != '"';
    for (const auto& name : {one, "abc" + one + "efgh", one + "bcdefgh", "abcdefg" + one,
                             "abcdefgh" + one, "abcdefghabcd" + one + "efg"})
      BOOST_TEST(named(name) == plain, byte << " in " << name);
  }
}

BOOST_AUTO_TEST_CASE(escapes_of_ascii_characters_are_plain_with_small_letters) {
  for (const auto& [escape, text] :
       {std::pair{R"(\u0009)", "\t"}, std::pair{R"(\u000a)", "\n"}, std::pair{R"(\u000f)", "\x0f"},
        std::pair{R"(\u0030)", "0"}, std::pair{R"(\u007f)", "\x7f"}, std::pair{R"(\u0001)", "\x01"},
        std::pair{R"(\u003c\u003e)", "<>"}, std::pair{R"(\u0026\n)", "&\n"}})
    BOOST_TEST(text_of(generate_line(escape), RequestKind::generate) ==
               "owl:7b|" + std::string{text});
  for (const auto* escape : {R"(\u0080)", R"(\u00ff)", R"(\u0100)", R"(\u1000)", R"(\u000g)",
                             R"(\u00g0)", R"(\u000:)", R"(\u000`)", R"(\u003)", R"(\u)", R"(\u00)"})
    BOOST_TEST(text_of(generate_line(escape), RequestKind::generate) == "(other)", escape);
}

BOOST_AUTO_TEST_CASE(every_other_line_is_left_to_the_parser) {
  for (const auto& line :
       {generate_line("x") + " ",
        generate_line(R"(\ud83e\udd89)"),
        generate_line(R"(\u0000)"),
        generate_line(R"(\u00e4)"),
        generate_line(R"(\u003C)"),
        generate_line(R"(\x)"),
        generate_line(R"(\)"),
        generate_line("a\tb"),
        generate_line("\xff"),
        generate_line("\xed\xa0\x80"),
        generate_line("x\",\"thinking\":\"y"),
        std::string{R"({"model":"owl","created_at":"t","response":"x","done":true})"},
        std::string{R"({ "model":"owl","created_at":"t","response":"x","done":false})"},
        std::string{R"({"created_at":"t","model":"owl","response":"x","done":false})"},
        std::string{R"({"model":"\u0061","created_at":"t","response":"x","done":false})"},
        std::string{
            "{\"model\":\"\xC3\xA4\",\"created_at\":\"t\",\"response\":\"x\",\"done\":false}"},
        std::string{R"({"model":"owl","created_at":7,"response":"x","done":false})"},
        std::string{R"({"error":"it broke"})"},
        std::string{R"({"model":")"},
        std::string{}})
    BOOST_TEST(text_of(line, RequestKind::generate) == "(other)", line);
  BOOST_TEST(text_of(generate_line("x"), RequestKind::chat) == "(other)");
  BOOST_TEST(text_of(chat_line("x"), RequestKind::generate) == "(other)");
  BOOST_TEST(text_of(R"({"model":"owl","created_at":"t","message":{"role":"assistant",)"
                     R"("content":"x","images":null},"done":false})",
                     RequestKind::chat) == "(other)");
  // Every character of a time stamp counts, wherever it stands.
  for (std::size_t at = 0; at < 20; ++at)
    for (int c = 1; c < 256; ++c) {
      std::string stamp(20, 'x');
      stamp[at] = static_cast<char>(c);
      const auto line =
          R"({"model":"owl","created_at":")" + stamp + R"(","response":"y","done":false})";
      const bool plain = c >= ' ' && c <= '~' && c != '"' && c != '\\';
      BOOST_TEST((text_of(line, RequestKind::generate) != "(other)") == plain, line);
    }
  // No part of a line is plain.
  const auto whole = generate_line(R"(a\n)");
  for (std::size_t size = 0; size < whole.size(); ++size)
    BOOST_TEST(text_of(whole.substr(0, size), RequestKind::generate) == "(other)");
}

BOOST_AUTO_TEST_CASE(many_lines_at_once_become_few_chunks) {
  LLMRequest request;
  request.id = {"r"};
  request.model = "owl:7b";
  AnswerCollector collector{request, Limits{}, {.model = "owl:7b", .base_url = "u"}};
  std::string bytes;
  std::string text;
  for (int i = 0; i < 100; ++i) {
    text += " " + std::to_string(i);
    bytes += generate_line(" " + std::to_string(i)) + "\n";
  }
  BOOST_TEST(collector.on_bytes(200, bytes));
  auto chunks = collector.take_chunks();
  BOOST_TEST(chunks.size() == 8u);
  BOOST_TEST(chunks.at(0).response == " 0");
  BOOST_TEST(chunks.at(6).response == " 6");
  std::string seen;
  for (const auto& chunk : chunks)
    seen += chunk.response;
  BOOST_TEST(seen == text);
  // The next read begins with chunks of its own, and the end is one.
  BOOST_TEST(collector.on_bytes(200, generate_line("!") + "\n"));
  BOOST_TEST(collector.on_bytes(200,
                                R"({"model":"owl:7b","created_at":"t","response":"","done":true})"
                                "\n"));
  chunks = collector.take_chunks();
  BOOST_TEST(chunks.size() == 2u);
  BOOST_TEST(chunks.at(1).done);
  const auto answer = collector.finish({.status = 200});
  BOOST_REQUIRE(answer.has_value());
  BOOST_TEST(answer->response == text + "!");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace plain_line_test

} // namespace nexus::llm::test
