// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "actors/back_off.hpp"
#include "actors/requests/retry_policy.hpp"
#include "actors/supervision/jitter.hpp"
#include "actors/supervision/restart_budget.hpp"
#include "tests/unit/support.hpp"

using namespace nexus::llm;
using namespace std::chrono_literals;
using Next = RetryDecision::Next;

namespace retry_policy_test {

namespace {

struct Policy {
  LLMClientConfig config; ///< 3 retries, 1 s base, 30 s cap
  AttemptHistory history{.on_this_model = 1};

  [[nodiscard]] RetryDecision after(ErrorCode code, double chance = 1.0) const {
    return decide({.code = code}, history, config, chance);
  }
  [[nodiscard]] std::chrono::milliseconds wait_after(std::chrono::milliseconds asked,
                                                     double chance) const {
    const LLMError error{.code = ErrorCode::server_busy, .retry_after = asked};
    return decide(error, history, config, chance).wait;
  }
};

AttemptHistory first_attempt(const ErrorInfo& row) {
  return {.on_this_model = 1, .once_failures = row.retry == Retry::once ? 1u : 0u};
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(retry_policy, Policy)

BOOST_AUTO_TEST_CASE(the_first_failure_of_every_code_is_treated_by_its_row) {
  for (const auto& row : error_table) {
    history = first_attempt(row);
    const auto alone = after(row.code).next;
    const bool again = row.retry != Retry::never && row.retry != Retry::resume;
    BOOST_CHECK_MESSAGE(alone == (again ? Next::retry : Next::fail), row.name);
    history.more_models = true;
    const auto expected = again ? Next::retry : row.falls_back ? Next::fall_back : Next::fail;
    BOOST_CHECK_MESSAGE(after(row.code).next == expected, row.name);
  }
}

BOOST_AUTO_TEST_CASE(every_kind_of_retry_ends_with_the_budget_of_the_model_or_never) {
  config.max_retries = 3;
  history.attempts = 2;
  history.once_failures = 1;
  for (const auto& row : error_table) {
    if (row.retry == Retry::never)
      continue;
    for (const std::uint32_t on_this_model : {2u, 3u, 4u}) {
      history.on_this_model = on_this_model;
      const bool again = row.retry == Retry::moved || on_this_model <= 3;
      BOOST_CHECK_MESSAGE(after(row.code).next == (again ? Next::retry : Next::fail),
                          row.name << " after " << on_this_model);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_history_begins_with_nothing) {
  const AttemptHistory none;
  BOOST_TEST(none.attempts == 0u);
  BOOST_TEST(none.on_this_model == 0u);
  BOOST_TEST(none.once_failures == 0u);
  BOOST_TEST(!none.seen);
  BOOST_TEST(!none.restarted);
  BOOST_TEST(!none.more_models);
  BOOST_TEST(!none.before_break);
}

BOOST_AUTO_TEST_CASE(the_budget_allows_as_many_retries_as_configured) {
  for (history.on_this_model = 1; history.on_this_model <= 3; ++history.on_this_model)
    BOOST_CHECK(after(ErrorCode::connection_refused).next == Next::retry);
  BOOST_CHECK(after(ErrorCode::connection_refused).next == Next::fail);
  config.max_retries = 0;
  history.on_this_model = 1;
  BOOST_CHECK(after(ErrorCode::connection_refused).next == Next::fail);
  BOOST_CHECK(after(ErrorCode::server_error).next == Next::fail);
}

BOOST_AUTO_TEST_CASE(an_ollama_known_to_be_gone_fails_new_requests_and_lets_others_go_on) {
  history = {.attempts = 1, .on_this_model = 1};
  BOOST_CHECK(after(ErrorCode::circuit_open).next == Next::fail);
  history = {.attempts = 2, .on_this_model = 2};
  BOOST_CHECK(after(ErrorCode::circuit_open).next == Next::retry);
  // Also one that has just gone to another model.
  history = {.attempts = 5, .on_this_model = 1};
  BOOST_CHECK(after(ErrorCode::circuit_open).next == Next::retry);
  history = {.attempts = 4, .on_this_model = 4};
  BOOST_CHECK(after(ErrorCode::circuit_open).next == Next::fail);
}

BOOST_AUTO_TEST_CASE(what_was_accepted_before_the_circuit_opened_waits_within_its_budget) {
  history = {.attempts = 1, .on_this_model = 1, .before_break = true};
  BOOST_CHECK(after(ErrorCode::circuit_open).next == Next::retry);
  history = {.attempts = 4, .on_this_model = 4, .before_break = true};
  BOOST_CHECK(after(ErrorCode::circuit_open).next == Next::fail);
}

BOOST_AUTO_TEST_CASE(a_failure_that_may_be_repeated_once_is_repeated_once) {
  history = {.on_this_model = 1, .once_failures = 1};
  BOOST_CHECK(after(ErrorCode::model_failed).next == Next::retry);
  history = {.on_this_model = 2, .once_failures = 2};
  BOOST_CHECK(after(ErrorCode::model_failed).next == Next::fail);
}

BOOST_AUTO_TEST_CASE(an_exhausted_model_gives_way_to_the_next_one_at_once) {
  history = {.on_this_model = 2, .once_failures = 2, .more_models = true};
  BOOST_CHECK(after(ErrorCode::first_token_timeout).next == Next::fall_back);
  BOOST_CHECK(after(ErrorCode::first_token_timeout).wait == 0ms);
  history.on_this_model = 4;
  BOOST_CHECK(after(ErrorCode::connection_refused).next == Next::fail);
  history.more_models = false;
  BOOST_CHECK(after(ErrorCode::first_token_timeout).next == Next::fail);
}

BOOST_AUTO_TEST_CASE(a_request_that_gave_a_byte_is_not_sent_again_after_its_time) {
  history = {.on_this_model = 1, .more_models = true};
  BOOST_CHECK(after(ErrorCode::request_timeout).next == Next::fail);
}

BOOST_AUTO_TEST_CASE(after_something_was_seen_nothing_is_repeated_silently) {
  for (const auto& row : error_table) {
    history = first_attempt(row);
    history.more_models = true;
    history.seen = true;
    const bool moved = row.retry == Retry::moved;
    BOOST_CHECK_MESSAGE(after(row.code).next == (moved ? Next::restart : Next::fail), row.name);
  }
}

BOOST_AUTO_TEST_CASE(a_broken_stream_starts_over_once_where_that_is_wanted) {
  config.stream_recovery = StreamRecovery::restart;
  for (const auto& row : error_table) {
    history = first_attempt(row);
    history.seen = true;
    const auto expected = row.retry == Retry::never ? Next::fail : Next::restart;
    BOOST_CHECK_MESSAGE(after(row.code).next == expected, row.name);
    history.restarted = true;
    BOOST_CHECK_MESSAGE(after(row.code).next == Next::fail, row.name);
  }
}

BOOST_AUTO_TEST_CASE(the_back_off_doubles_up_to_its_cap) {
  const std::chrono::milliseconds expected[] = {1s, 2s, 4s, 8s, 16s, 30s, 30s};
  for (std::uint32_t failures = 1; failures <= 7; ++failures)
    BOOST_CHECK(back_off(failures, config) == expected[failures - 1]);
  BOOST_CHECK(back_off(0, config) == 1s);
  BOOST_CHECK(back_off(1'000'000, config) == 30s);
  config.retry_delay = 0ms;
  BOOST_CHECK(back_off(100, config) == 0ms);
  config.retry_delay = 1min;
  BOOST_CHECK(back_off(1, config) == 30s);
}

BOOST_AUTO_TEST_CASE(the_wait_is_at_least_the_back_off_and_half_of_it_more_at_most) {
  history.on_this_model = 3;
  BOOST_CHECK(after(ErrorCode::connection_refused, 0.0).wait == 4s);
  BOOST_CHECK(after(ErrorCode::connection_refused, 0.25).wait == 4500ms);
  BOOST_CHECK(after(ErrorCode::connection_refused, 1.0).wait == 6s);
  config.max_retry_delay = 5s;
  BOOST_CHECK(after(ErrorCode::connection_refused, 1.0).wait == 5s);
}

BOOST_AUTO_TEST_CASE(the_retry_budget_is_the_sum_of_the_longest_waits) {
  BOOST_CHECK(retry_budget(config) == 10'500ms);
  config.max_retries = 0;
  BOOST_CHECK(retry_budget(config) == 0ms);
}

BOOST_AUTO_TEST_CASE(the_wait_that_the_server_asks_for_is_honoured_up_to_the_cap) {
  BOOST_CHECK(wait_after(7s, 0.0) == 7s);
  BOOST_CHECK(wait_after(7s, 1.0) == 7s);
  BOOST_CHECK(wait_after(500ms, 1.0) == 1500ms);
  BOOST_CHECK(wait_after(1h, 0.5) == 30s);
}

BOOST_AUTO_TEST_CASE(a_seen_stream_waits_like_any_other_before_it_starts_over) {
  config.stream_recovery = StreamRecovery::restart;
  history = {.attempts = 2, .on_this_model = 2, .seen = true};
  BOOST_CHECK(after(ErrorCode::stream_interrupted, 0.0).next == Next::restart);
  BOOST_CHECK(after(ErrorCode::stream_interrupted, 0.0).wait == 2s);
  BOOST_CHECK(after(ErrorCode::component_failed).next == Next::restart);
  BOOST_CHECK(after(ErrorCode::component_failed).wait == 0ms);
}

BOOST_AUTO_TEST_CASE(the_failure_of_a_component_costs_no_retry) {
  config.max_retries = 0;
  history = {.attempts = 1, .on_this_model = 1};
  BOOST_CHECK(after(ErrorCode::component_failed).next == Next::retry);
  BOOST_CHECK(after(ErrorCode::server_error).next == Next::fail);
}

BOOST_AUTO_TEST_CASE(a_failed_component_is_tried_again_at_once) {
  BOOST_CHECK(after(ErrorCode::component_failed).next == Next::retry);
  BOOST_CHECK(after(ErrorCode::component_failed).wait == 0ms);
}

BOOST_AUTO_TEST_CASE(jitter_is_a_number_from_none_to_less_than_one) {
  double least = 1;
  double most = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto number = jitter();
    BOOST_REQUIRE((number >= 0.0 && number < 1.0));
    least = std::min(least, number);
    most = std::max(most, number);
  }
  BOOST_TEST(least < 0.2);
  BOOST_TEST(most > 0.8);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(restart_budget)

BOOST_AUTO_TEST_CASE(restarts_are_counted_within_a_sliding_window) {
  const RestartSettings settings{.max_restarts = 2, .window = 30s};
  const RestartBudget::Time start{1h};
  RestartBudget budget;
  BOOST_TEST(budget.spend(settings, start).has_value());
  BOOST_TEST(budget.spend(settings, start + 10s).has_value());
  BOOST_TEST(!budget.spend(settings, start + 29s).has_value());
  BOOST_TEST(budget.spend(settings, start + 30s).has_value());
  BOOST_TEST(!budget.spend(settings, start + 39s).has_value());
  BOOST_TEST(budget.spend(settings, start + 40s).has_value());
}

BOOST_AUTO_TEST_CASE(a_refused_restart_costs_nothing) {
  const RestartSettings settings{.max_restarts = 1, .window = 30s};
  const RestartBudget::Time start{1h};
  RestartBudget budget;
  BOOST_TEST(budget.spend(settings, start).has_value());
  for (auto at = start + 1s; at < start + 30s; at += 1s)
    BOOST_TEST(!budget.spend(settings, at).has_value());
  BOOST_TEST(budget.spend(settings, start + 30s).has_value());
}

BOOST_AUTO_TEST_CASE(each_restart_within_the_window_waits_longer) {
  const RestartSettings settings{.max_restarts = 20, .window = 30s};
  const RestartBudget::Time start{1h};
  RestartBudget budget;
  BOOST_TEST((budget.spend(settings, start) == 0ms));
  BOOST_TEST((budget.spend(settings, start) == 50ms));
  BOOST_TEST((budget.spend(settings, start) == 100ms));
  BOOST_TEST((budget.spend(settings, start) == 200ms));
  for (int i = 0; i < 10; ++i)
    static_cast<void>(budget.spend(settings, start));
  BOOST_TEST((budget.spend(settings, start) == 5s));
  // What was long ago is forgotten.
  BOOST_TEST((budget.spend(settings, start + 30s) == 0ms));
}

BOOST_AUTO_TEST_CASE(a_budget_of_none_allows_none) {
  RestartBudget budget;
  BOOST_TEST(
      !budget.spend({.max_restarts = 0, .window = 30s}, RestartBudget::Time{1h}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace retry_policy_test
