// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "actors/ollama_client/time_budget.hpp"
#include "tests/unit/support.hpp"

using namespace nexus::llm;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(time_budget)

namespace {

const TimeBudget::Clock::time_point sent{1h};

} // namespace

BOOST_AUTO_TEST_CASE(a_complete_answer_has_one_limit_that_no_byte_moves) {
  auto budget = TimeBudget::complete(sent, 10s);
  BOOST_CHECK(budget.deadline() == sent + 10s);
  BOOST_CHECK(!budget.expired(sent + 9999ms));
  budget.on_chunk(sent + 9s);
  BOOST_CHECK(budget.deadline() == sent + 10s);
}

BOOST_AUTO_TEST_CASE(a_complete_answer_that_is_late_tells_whether_it_had_begun) {
  auto budget = TimeBudget::complete(sent, 10s);
  BOOST_CHECK(budget.expired(sent + 10s) == ErrorCode::first_token_timeout);
  budget.on_chunk(sent + 9s);
  BOOST_CHECK(budget.expired(sent + 10s) == ErrorCode::request_timeout);
}

BOOST_AUTO_TEST_CASE(a_transfer_may_be_silent_for_so_long_again_and_again) {
  auto budget = TimeBudget::transfer(sent, 10s);
  BOOST_CHECK(budget.expired(sent + 10s) == ErrorCode::download_stalled);
  budget.on_chunk(sent + 9s);
  BOOST_CHECK(!budget.expired(sent + 18s));
  BOOST_CHECK(budget.expired(sent + 19s) == ErrorCode::download_stalled);
}

BOOST_AUTO_TEST_CASE(a_call_fails_by_the_code_that_it_was_given) {
  const auto budget = TimeBudget::call(sent, 10s, ErrorCode::server_timeout);
  BOOST_CHECK(!budget.expired(sent + 9s));
  BOOST_CHECK(budget.expired(sent + 10s) == ErrorCode::server_timeout);
}

BOOST_AUTO_TEST_CASE(a_stream_waits_for_its_first_chunk_and_then_for_each_next_one) {
  auto budget = TimeBudget::stream(sent, 300s, 60s, 0ms);
  BOOST_CHECK(budget.expired(sent + 300s) == ErrorCode::first_token_timeout);
  budget.on_chunk(sent + 299s);
  BOOST_CHECK(budget.deadline() == sent + 359s);
  BOOST_CHECK(!budget.expired(sent + 358s));
  BOOST_CHECK(budget.expired(sent + 359s) == ErrorCode::gap_timeout);
  budget.on_chunk(sent + 358s);
  BOOST_CHECK(!budget.expired(sent + 417s));
}

BOOST_AUTO_TEST_CASE(time_that_does_not_count_moves_all_limits) {
  auto budget = TimeBudget::stream(sent, 10s, 5s, 12s);
  budget.postpone(60s);
  BOOST_CHECK(!budget.expired(sent + 69s));
  BOOST_CHECK(budget.expired(sent + 70s) == ErrorCode::first_token_timeout);
  budget.on_chunk(sent + 69s);
  BOOST_CHECK(!budget.expired(sent + 71s));
  BOOST_CHECK(budget.expired(sent + 72s) == ErrorCode::total_timeout);
}

BOOST_AUTO_TEST_CASE(a_healthy_stream_may_go_on_for_ever) {
  auto budget = TimeBudget::stream(sent, 1s, 1s, 0ms);
  for (auto now = sent; now < sent + 1h; now += 900ms) {
    BOOST_REQUIRE(!budget.expired(now));
    budget.on_chunk(now);
  }
}

BOOST_AUTO_TEST_CASE(the_limit_of_the_whole_stream_wins_where_it_comes_first) {
  auto budget = TimeBudget::stream(sent, 300s, 60s, 100s);
  BOOST_CHECK(budget.deadline() == sent + 100s);
  BOOST_CHECK(budget.expired(sent + 100s) == ErrorCode::total_timeout);
  budget.on_chunk(sent + 10s);
  BOOST_CHECK(budget.deadline() == sent + 70s);
  BOOST_CHECK(budget.expired(sent + 70s) == ErrorCode::gap_timeout);
  budget.on_chunk(sent + 69s);
  BOOST_CHECK(budget.deadline() == sent + 100s);
}

BOOST_AUTO_TEST_SUITE_END()
