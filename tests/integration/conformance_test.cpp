// SPDX-License-Identifier: BSD-3-Clause
// What other clients get wrong: each way in which an answer can come over the wire or break off,
// for prompts and conversations, streamed and complete.
#include <array>

#include "tests/integration/fixture.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;

namespace conformance_test {

namespace {

constexpr std::string_view reply = "one two three \xC3\xA9\xC3\xA8 four five six seven eight nine";

struct Way {
  bool chat;
  bool streaming;
};
constexpr std::array ways{Way{false, true}, Way{true, true}, Way{false, false}, Way{true, false}};

class Conformance {
public:
  Conformance()
      : world{[] {
                auto options = default_models();
                options.models[0].reply = std::string{reply};
                return options;
              }(),
              [](LLMClientConfig& config) { config.max_retries = 0; }} {}

  Result<LLMResponse> run(Way way, std::string* streamed = nullptr) {
    const auto collect = [streamed](const LLMStreamChunk& chunk) {
      if (streamed != nullptr)
        *streamed += chunk.response;
      return true;
    };
    const std::vector<ChatMessage> messages{{.role = ChatRole::user, .content = "x"}};
    if (way.chat)
      return way.streaming ? world.api.chat_streaming(messages, overseer, collect)
                           : world.api.chat(messages, overseer);
    return way.streaming ? world.api.generate_streaming("x", overseer, collect)
                         : world.api.generate("x", overseer);
  }

  /// The answer must come whole in every way.
  void expect_whole(const Fault& fault) {
    for (const auto way : ways)
      BOOST_TEST_CONTEXT("chat " << way.chat << " streaming " << way.streaming) {
        world.sim.inject(fault);
        std::string streamed;
        const auto answer = run(way, &streamed);
        BOOST_REQUIRE(answer);
        BOOST_TEST(answer->response == reply);
        if (way.streaming)
          BOOST_TEST(streamed == reply);
      }
  }

  /// Every way must end in this error, and all that had come is in it.
  void expect_error(const Fault& fault, std::string_view code, bool partial = true) {
    for (const auto way : ways)
      BOOST_TEST_CONTEXT("chat " << way.chat << " streaming " << way.streaming) {
        world.sim.inject(fault);
        std::string streamed;
        const auto answer = run(way, &streamed);
        BOOST_REQUIRE(!answer);
        const auto& error = answer.error();
        BOOST_TEST(to_string(error.code) == code);
        BOOST_TEST(error.partial.empty() == !partial);
        if (way.streaming)
          BOOST_TEST(error.partial == streamed);
        world.sim.clear_faults();
      }
  }

  World world;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(conformance, Conformance)

BOOST_AUTO_TEST_CASE(one_line_in_each_chunk) { expect_whole(Fault::slow_drip(0ms)); }
BOOST_AUTO_TEST_CASE(several_lines_in_one_chunk) { expect_whole(Fault::merged_chunks()); }
BOOST_AUTO_TEST_CASE(a_line_split_over_chunks) { expect_whole(Fault::split_chunks(7)); }
BOOST_AUTO_TEST_CASE(a_character_split_over_chunks) { expect_whole(Fault::split_utf8()); }
BOOST_AUTO_TEST_CASE(a_clean_end_without_done) {
  expect_error(Fault::end_without_done(3), "stream_incomplete");
}
BOOST_AUTO_TEST_CASE(a_connection_that_is_cut) {
  expect_error(Fault::close_mid_chunk(3), "stream_interrupted");
}
BOOST_AUTO_TEST_CASE(an_error_in_the_middle) {
  expect_error(Fault::error_line(3, "boom"), "stream_failed");
}
BOOST_AUTO_TEST_CASE(garbage_in_the_middle) {
  expect_error(Fault::garbage_line(3), "stream_malformed");
}
BOOST_AUTO_TEST_CASE(a_status_with_an_error_body) {
  expect_error(Fault::model_missing("llama3.1:8b"), "model_not_found", false);
}
BOOST_AUTO_TEST_CASE(data_after_the_end_is_ignored) { expect_whole(Fault::data_after_done()); }
BOOST_AUTO_TEST_CASE(an_answer_that_never_says_done) {
  expect_error(Fault::no_done(), "stream_incomplete");
}
BOOST_AUTO_TEST_CASE(a_page_of_html) {
  expect_error(Fault::respond(502, "<html>Bad gateway</html>", "text/html"), "proxy_failed", false);
}
BOOST_AUTO_TEST_CASE(a_redirect_is_not_followed) {
  expect_error(Fault::redirect(307, "http://example.com/api/generate"), "redirected", false);
}
BOOST_AUTO_TEST_CASE(nesting_without_end) {
  expect_error(Fault::nested_json(100'000, 2), "stream_malformed");
}
BOOST_AUTO_TEST_CASE(text_that_is_no_text) {
  expect_error(Fault::invalid_utf8(2), "stream_malformed");
}
BOOST_AUTO_TEST_CASE(a_flood_of_headers) {
  expect_error(Fault::header_flood(2000, 1 << 20), "bad_response", false);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace conformance_test
