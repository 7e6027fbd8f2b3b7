// SPDX-License-Identifier: BSD-3-Clause
// What comes over the wire, with its bytes cut at every position.
#include <boost/test/unit_test.hpp>

#include "tests/unit/answer_collector_exchange.hpp"

namespace answer_collector_test {

BOOST_AUTO_TEST_SUITE(conformance)

BOOST_AUTO_TEST_CASE(one_line_per_chunk_gives_one_piece_per_line) {
  for_both_kinds([](RequestKind kind) {
    Exchange exchange{kind};
    for (int i = 0; i < 10; ++i) {
      BOOST_TEST(exchange.feed(line(kind, std::to_string(i))));
      BOOST_TEST(exchange.chunks.size() == static_cast<std::size_t>(i) + 1);
    }
    BOOST_TEST(exchange.feed(line(kind, "", true)));
    BOOST_TEST(exchange.collector.complete());
    BOOST_TEST(exchange.chunks.back().done);
    const auto answer = exchange.finish(clean_end);
    BOOST_REQUIRE(answer);
    BOOST_TEST(answer->response == "0123456789");
    BOOST_TEST(answer->done);
    BOOST_TEST(answer->stats.eval_count == 3u);
    BOOST_TEST(answer->id.value == "r");
  });
}

BOOST_AUTO_TEST_CASE(two_lines_in_one_chunk_are_two_pieces) {
  for_both_kinds([](RequestKind kind) {
    Exchange exchange{kind};
    BOOST_TEST(exchange.feed(line(kind, "a") + line(kind, "b") + line(kind, "", true)));
    BOOST_TEST(exchange.chunks.size() == 3u);
    BOOST_TEST(exchange.finish(clean_end)->response == "ab");
  });
}

BOOST_AUTO_TEST_CASE(lines_and_characters_may_be_split_anywhere) {
  for_both_kinds([](RequestKind kind) {
    check_every_split(kind, 200, many_lines(kind) + line(kind, "", true), clean_end,
                      {no_error, many_texts});
  });
}

BOOST_AUTO_TEST_CASE(a_clean_end_without_done_is_an_error_with_the_partial_text) {
  for_both_kinds([](RequestKind kind) {
    check_every_split(kind, 200, many_lines(kind), clean_end,
                      {ErrorCode::stream_incomplete, many_texts});
    check_every_split(kind, 200, "", clean_end, {ErrorCode::stream_incomplete, ""});
  });
}

BOOST_AUTO_TEST_CASE(a_cut_in_the_middle_is_an_error_with_the_partial_text) {
  for_both_kinds([](RequestKind kind) {
    check_every_split(kind, 200, many_lines(kind) + line(kind, "lost").substr(0, 30), cut,
                      {ErrorCode::stream_interrupted, many_texts});
  });
}

BOOST_AUTO_TEST_CASE(a_cut_before_the_first_byte_is_a_lost_connection) {
  for_both_kinds([](RequestKind kind) {
    check_every_split(kind, 200, "", cut_at_once, {ErrorCode::connection_lost, ""});
  });
}

BOOST_AUTO_TEST_CASE(an_error_in_the_stream_is_typed_and_keeps_the_partial_text) {
  for_both_kinds([](RequestKind kind) {
    check_every_split(kind, 200, many_lines(kind) + "{\"error\":\"boom\"}\n", clean_end,
                      {ErrorCode::stream_failed, many_texts});
  });
}

BOOST_AUTO_TEST_CASE(garbage_in_the_stream_is_typed_and_keeps_the_partial_text) {
  for_both_kinds([](RequestKind kind) {
    for (const auto* garbage : {"garbage\n", "{\"done\":\n", "[]\n", "{}\n", "\xFF\xFE\n"})
      check_every_split(kind, 200, many_lines(kind) + garbage + line(kind, "after"), clean_end,
                        {ErrorCode::stream_malformed, many_texts});
  });
}

BOOST_AUTO_TEST_CASE(a_404_with_an_error_body_is_a_model_error) {
  for_both_kinds([](RequestKind kind) {
    check_every_split(kind, 404, R"({"error":"model 'm' not found"})",
                      {.status = 404, .answer_began = true}, {ErrorCode::model_not_found, ""});
  });
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace answer_collector_test
