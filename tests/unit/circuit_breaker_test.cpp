// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "actors/ollama_client/circuit_breaker.hpp"

using namespace nexus::llm;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(circuit_breaker)

namespace {

constexpr CircuitBreaker::Time start{};
constexpr CircuitSettings settings{
    .max_failures = 3, .reset_timeout = 100ms, .max_reset_timeout = 350ms};

CircuitBreaker opened() {
  CircuitBreaker breaker{settings};
  for (int i = 0; i < 3; ++i)
    breaker.on_failure("refused", start);
  BOOST_REQUIRE(!breaker.allows());
  return breaker;
}

} // namespace

BOOST_AUTO_TEST_CASE(it_opens_after_so_many_failures_in_a_row) {
  CircuitBreaker breaker{settings};
  BOOST_TEST(!breaker.on_failure("refused", start));
  BOOST_TEST(!breaker.on_failure("refused", start));
  BOOST_TEST(breaker.allows());
  BOOST_TEST(breaker.on_failure("refused", start));
  BOOST_TEST(!breaker.allows());
}

BOOST_AUTO_TEST_CASE(it_stays_closed_while_failures_are_younger_than_the_retries_of_a_request) {
  CircuitBreaker breaker{settings, 10s};
  for (int i = 0; i < 100; ++i)
    BOOST_TEST(!breaker.on_failure("refused", start + i * 90ms));
  BOOST_TEST(breaker.allows());
  BOOST_TEST(breaker.on_failure("refused", start + 10s));
  BOOST_TEST(!breaker.allows());
  breaker.on_success();
  BOOST_TEST(!breaker.on_failure("refused", start + 20s));
  BOOST_TEST(!breaker.on_failure("refused", start + 21s));
  BOOST_TEST(!breaker.on_failure("refused", start + 22s));
  BOOST_TEST(breaker.allows());
}

BOOST_AUTO_TEST_CASE(an_answer_between_failures_starts_the_count_again) {
  CircuitBreaker breaker{settings};
  for (int i = 0; i < 10; ++i) {
    breaker.on_failure("refused", start);
    breaker.on_failure("refused", start);
    BOOST_TEST(!breaker.on_success());
  }
  BOOST_TEST(breaker.allows());
  BOOST_TEST(breaker.health(start).failures == 0u);
}

BOOST_AUTO_TEST_CASE(exactly_one_probe_goes_out_when_it_is_due) {
  auto breaker = opened();
  BOOST_TEST(!breaker.begin_probe(start + 99ms));
  BOOST_TEST((breaker.next_probe() == start + 100ms));
  BOOST_TEST(breaker.begin_probe(start + 100ms));
  BOOST_TEST(!breaker.begin_probe(start + 1h));
  BOOST_TEST(!breaker.next_probe().has_value());
  BOOST_TEST(!breaker.allows());
}

BOOST_AUTO_TEST_CASE(a_failed_probe_doubles_the_wait_up_to_its_bound) {
  auto breaker = opened();
  auto now = start;
  for (const auto wait : {100ms, 200ms, 350ms, 350ms}) {
    BOOST_TEST((*breaker.next_probe() - now == wait));
    now = *breaker.next_probe();
    BOOST_REQUIRE(breaker.begin_probe(now));
    breaker.on_probe_failed("refused", now);
  }
}

BOOST_AUTO_TEST_CASE(a_successful_probe_closes_it_and_the_waits_start_anew) {
  auto breaker = opened();
  BOOST_REQUIRE(breaker.begin_probe(start + 100ms));
  breaker.on_probe_failed("refused", start + 100ms);
  BOOST_REQUIRE(breaker.begin_probe(start + 300ms));
  BOOST_TEST(breaker.on_success());
  BOOST_TEST(breaker.allows());
  for (int i = 0; i < 3; ++i)
    breaker.on_failure("refused", start + 1s);
  BOOST_TEST((breaker.next_probe() == start + 1100ms));
}

BOOST_AUTO_TEST_CASE(failures_of_requests_already_under_way_do_not_postpone_the_probe) {
  auto breaker = opened();
  breaker.on_failure("refused", start + 99ms);
  BOOST_TEST((breaker.next_probe() == start + 100ms));
}

BOOST_AUTO_TEST_CASE(the_failure_of_something_else_is_not_that_of_the_probe) {
  auto breaker = opened();
  BOOST_REQUIRE(breaker.begin_probe(start + 100ms));
  breaker.on_failure("refused", start + 100ms);
  BOOST_TEST(!breaker.next_probe().has_value());
}

BOOST_AUTO_TEST_CASE(a_probe_that_fails_in_any_way_is_followed_by_another) {
  auto breaker = opened();
  breaker.on_probe_failed("cut", start);
  BOOST_TEST((breaker.next_probe() == start + 100ms));
  BOOST_REQUIRE(breaker.begin_probe(start + 100ms));
  breaker.on_probe_failed("cut", start + 100ms);
  BOOST_TEST((breaker.next_probe() == start + 300ms));
}

BOOST_AUTO_TEST_CASE(zero_failures_turn_it_off_also_while_it_is_open) {
  CircuitBreaker never{CircuitSettings{.max_failures = 0}};
  for (int i = 0; i < 100; ++i)
    never.on_failure("refused", start);
  BOOST_TEST(never.allows());
  auto breaker = opened();
  breaker.set_settings(CircuitSettings{.max_failures = 0}, {});
  BOOST_TEST(breaker.allows());
}

BOOST_AUTO_TEST_CASE(its_health_tells_state_cause_and_next_probe) {
  auto breaker = opened();
  auto health = breaker.health(start + 30ms);
  BOOST_TEST(to_string(health.state) == "open");
  BOOST_TEST(health.failures == 3u);
  BOOST_TEST(health.next_probe.count() == 70);
  BOOST_TEST(health.last_failure == "refused");
  BOOST_REQUIRE(breaker.begin_probe(start + 100ms));
  BOOST_TEST(to_string(breaker.health(start).state) == "half_open");
  breaker.on_success();
  health = breaker.health(start);
  BOOST_TEST((health == CircuitHealth{}));
}

BOOST_AUTO_TEST_CASE(the_longest_wait_is_never_shorter_than_the_first_one) {
  CircuitBreaker breaker{{.max_failures = 1, .reset_timeout = 200ms, .max_reset_timeout = 100ms}};
  auto now = start;
  BOOST_REQUIRE(breaker.on_failure("refused", now));
  for (int probes = 0; probes < 3; ++probes) {
    BOOST_TEST((*breaker.next_probe() - now == 200ms));
    now = *breaker.next_probe();
    BOOST_REQUIRE(breaker.begin_probe(now));
    breaker.on_probe_failed("refused", now);
  }
}

BOOST_AUTO_TEST_CASE(what_failed_last_is_told_also_when_it_was_a_probe) {
  auto breaker = opened();
  BOOST_REQUIRE(breaker.begin_probe(start + 100ms));
  breaker.on_probe_failed("cut", start + 100ms);
  BOOST_TEST(breaker.health(start).last_failure == "cut");
  breaker.on_failure("no host", start + 110ms);
  BOOST_TEST(breaker.health(start).last_failure == "no host");
  BOOST_TEST(breaker.health(start).failures == 4u);
}

BOOST_AUTO_TEST_CASE(the_time_to_the_next_probe_is_rounded_up_so_that_it_is_due_then) {
  auto breaker = opened();
  BOOST_TEST(breaker.health(start + 30'001us).next_probe.count() == 70);
  BOOST_TEST(breaker.health(start + 99'999us).next_probe.count() == 1);
  BOOST_TEST(breaker.health(start + 100ms).next_probe.count() == 0);
  BOOST_TEST(breaker.health(start + 101ms).next_probe.count() == 0);
}

BOOST_AUTO_TEST_CASE(how_long_nothing_was_sent_counts_from_the_opening_whatever_the_probes_do) {
  CircuitBreaker breaker{settings};
  for (int i = 0; i < 3; ++i)
    breaker.on_failure("refused", start + i * 10ms);
  BOOST_TEST(breaker.open_for(start + 50ms).count() == 30);
  BOOST_REQUIRE(breaker.begin_probe(start + 120ms));
  breaker.on_probe_failed("refused", start + 120ms);
  BOOST_TEST(breaker.open_for(start + 150ms).count() == 130);
}

BOOST_AUTO_TEST_CASE(new_settings_hold_for_the_next_wait) {
  CircuitBreaker breaker{settings, 10s};
  breaker.set_settings({.max_failures = 1, .reset_timeout = 7ms, .max_reset_timeout = 9ms}, 0s);
  BOOST_REQUIRE(breaker.on_failure("refused", start));
  BOOST_TEST((breaker.next_probe() == start + 7ms));
  breaker.set_settings({.max_failures = 1, .reset_timeout = 50ms, .max_reset_timeout = 80ms}, 0s);
  BOOST_TEST(!breaker.allows());
  BOOST_REQUIRE(breaker.begin_probe(start + 7ms));
  breaker.on_probe_failed("refused", start + 7ms);
  BOOST_TEST((breaker.next_probe() == start + 21ms));
}

BOOST_AUTO_TEST_SUITE_END()
