// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <random>

#include "actors/role/admission_queue.hpp"

using namespace nexus::llm;
using namespace std::chrono_literals;
using Verdict = AdmissionQueue::Verdict;

BOOST_AUTO_TEST_SUITE(admission_queue)

namespace {

const AdmissionQueue::Time start{1h};
std::uint64_t ticket = 0; ///< the last one given

Limits limits(std::uint32_t concurrent, std::uint32_t length) {
  Limits result;
  result.max_concurrent = concurrent;
  result.queue_length = length;
  result.ageing = 10s;
  return result;
}

/// A queue whose only place is taken.
struct Busy {
  AdmissionQueue queue{limits(1, 10)};
  Busy() {
    BOOST_REQUIRE(queue.offer({"first"}, ++ticket, Priority::interactive, start) ==
                  Verdict::admitted);
  }

  void wait(const std::string& run, Priority priority, AdmissionQueue::Time now = start) {
    BOOST_REQUIRE(queue.offer({run}, ++ticket, priority, now) == Verdict::queued);
  }
  std::string next_after(const std::string& run, AdmissionQueue::Time now = start) {
    queue.release({run});
    const auto next = queue.next(now);
    return next ? next->value : "(none)";
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(places_are_given_up_to_the_limit_then_the_queue_fills_then_it_is_full) {
  AdmissionQueue queue{limits(2, 2)};
  BOOST_CHECK(queue.offer({"a"}, ++ticket, Priority::interactive, start) == Verdict::admitted);
  BOOST_CHECK(queue.offer({"b"}, ++ticket, Priority::background, start) == Verdict::admitted);
  BOOST_CHECK(queue.offer({"c"}, ++ticket, Priority::interactive, start) == Verdict::queued);
  BOOST_CHECK(queue.offer({"d"}, ++ticket, Priority::interactive, start) == Verdict::queued);
  BOOST_CHECK(queue.offer({"e"}, ++ticket, Priority::interactive, start) == Verdict::full);
  BOOST_TEST(queue.in_flight() == 2u);
  BOOST_TEST(queue.queued() == 2u);
  BOOST_CHECK(!queue.next(start));
}

BOOST_AUTO_TEST_CASE(while_it_is_not_open_all_wait_whatever_room_there_is) {
  AdmissionQueue queue{limits(2, 2)};
  queue.set_open(false);
  BOOST_CHECK(queue.offer({"a"}, ++ticket, Priority::interactive, start) == Verdict::queued);
  BOOST_CHECK(!queue.next(start));
  queue.set_open(true);
  BOOST_REQUIRE(queue.next(start).has_value());
  BOOST_TEST(queue.in_flight() == 1u);
  BOOST_TEST(queue.queued() == 0u);
}

BOOST_AUTO_TEST_CASE(the_head_of_the_queue_agrees_with_the_positions) {
  AdmissionQueue queue{limits(1, 10)};
  BOOST_CHECK(queue.offer({"first"}, ++ticket, Priority::interactive, start) == Verdict::admitted);
  for (const auto* run : {"b1", "b2"})
    BOOST_CHECK(queue.offer({run}, ++ticket, Priority::background, start) == Verdict::queued);
  for (const auto* run : {"i1", "i2"})
    BOOST_CHECK(queue.offer({run}, ++ticket, Priority::interactive, start) == Verdict::queued);
  const auto all = queue.head(10, start);
  BOOST_REQUIRE(all.size() == 4u);
  for (std::size_t i = 0; i < all.size(); ++i)
    BOOST_TEST(queue.position(all[i], start).position == i + 1);
  BOOST_TEST(all.front().value == "i1");
  BOOST_TEST(queue.head(3, start).size() == 3u);
  BOOST_TEST(queue.head(1, start + 1min).front().value == "b1");
}

BOOST_AUTO_TEST_CASE(those_that_must_be_kept_are_kept_beyond_the_bound_in_their_old_order) {
  AdmissionQueue queue{limits(1, 2)};
  BOOST_CHECK(queue.offer({"at work"}, 10, Priority::interactive, start) == Verdict::admitted);
  BOOST_CHECK(queue.offer({"new 1"}, 11, Priority::interactive, start) == Verdict::queued);
  BOOST_CHECK(queue.offer({"new 2"}, 12, Priority::interactive, start) == Verdict::queued);
  BOOST_CHECK(queue.offer({"new 3"}, 13, Priority::interactive, start) == Verdict::full);
  BOOST_CHECK(queue.offer({"old 2"}, 2, Priority::interactive, start, true) == Verdict::queued);
  BOOST_CHECK(queue.offer({"old 1"}, 1, Priority::interactive, start, true) == Verdict::queued);
  const auto order = queue.head(10, start);
  BOOST_REQUIRE(order.size() == 4u);
  BOOST_TEST(order[0].value == "old 1");
  BOOST_TEST(order[1].value == "old 2");
  BOOST_TEST(order[2].value == "new 1");
}

BOOST_AUTO_TEST_CASE(a_queue_of_length_none_rejects_at_once) {
  AdmissionQueue queue{limits(1, 0)};
  BOOST_CHECK(queue.offer({"a"}, ++ticket, Priority::interactive, start) == Verdict::admitted);
  BOOST_CHECK(queue.offer({"b"}, ++ticket, Priority::interactive, start) == Verdict::full);
}

BOOST_FIXTURE_TEST_CASE(nobody_jumps_the_queue_while_a_place_is_free, Busy) {
  wait("waiting", Priority::background);
  queue.release({"first"});
  BOOST_CHECK(queue.offer({"new"}, ++ticket, Priority::interactive, start) == Verdict::queued);
}

BOOST_FIXTURE_TEST_CASE(interactive_requests_come_first_each_class_in_order_of_arrival, Busy) {
  wait("b1", Priority::background);
  wait("i1", Priority::interactive);
  wait("b2", Priority::background);
  wait("i2", Priority::interactive);
  BOOST_TEST(next_after("first") == "i1");
  BOOST_TEST(next_after("i1") == "i2");
  BOOST_TEST(next_after("i2") == "b1");
  BOOST_TEST(next_after("b1") == "b2");
  BOOST_TEST(next_after("b2") == "(none)");
  BOOST_TEST(queue.in_flight() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_background_request_that_has_waited_long_enough_counts_as_interactive,
                        Busy) {
  wait("old", Priority::background, start);
  wait("new", Priority::interactive, start + 5s);
  BOOST_TEST(queue.position({"old"}, start + 9999ms).position == 2u);
  BOOST_TEST(queue.position({"old"}, start + 10s).position == 1u);
  BOOST_TEST(next_after("first", start + 10s) == "old");
}

BOOST_FIXTURE_TEST_CASE(a_promoted_request_takes_its_place_among_the_interactive_ones, Busy) {
  wait("b1", Priority::background);
  wait("b2", Priority::background);
  wait("i1", Priority::interactive);
  queue.promote({"b2"});
  queue.promote({"unknown"});
  BOOST_TEST(queue.position({"b2"}, start).position == 1u);
  BOOST_TEST(next_after("first") == "b2");
  BOOST_TEST(next_after("b2") == "i1");
}

BOOST_FIXTURE_TEST_CASE(positions_count_from_one_and_are_zero_for_what_is_not_queued, Busy) {
  wait("b", Priority::background);
  wait("i", Priority::interactive);
  BOOST_CHECK(queue.position({"i"}, start) == (QueuePosition{1, 2}));
  BOOST_CHECK(queue.position({"b"}, start) == (QueuePosition{2, 2}));
  BOOST_CHECK(queue.position({"first"}, start) == (QueuePosition{0, 2}));
  BOOST_CHECK(queue.position({"unknown"}, start) == (QueuePosition{0, 2}));
}

BOOST_FIXTURE_TEST_CASE(a_cancelled_request_leaves_the_queue_without_freeing_a_place, Busy) {
  wait("a", Priority::interactive);
  wait("b", Priority::interactive);
  queue.release({"a"});
  queue.release({"unknown"});
  BOOST_TEST(queue.queued() == 1u);
  BOOST_TEST(queue.in_flight() == 1u);
  BOOST_CHECK(!queue.next(start));
  BOOST_TEST(queue.position({"b"}, start).position == 1u);
}

BOOST_FIXTURE_TEST_CASE(other_limits_hold_at_once, Busy) {
  wait("a", Priority::interactive);
  wait("b", Priority::interactive);
  queue.set_limits(limits(2, 1));
  BOOST_CHECK(queue.next(start) == RequestId{"a"});
  BOOST_CHECK(!queue.next(start));
  BOOST_CHECK(queue.offer({"c"}, ++ticket, Priority::interactive, start) == Verdict::full);
}

BOOST_FIXTURE_TEST_CASE(a_run_that_is_under_way_takes_a_place_whatever_the_limit_says, Busy) {
  queue.adopt({"running"});
  queue.adopt({"running"});
  BOOST_TEST(queue.in_flight() == 2u);
  wait("a", Priority::interactive);
  BOOST_TEST(next_after("first") == "(none)");
  BOOST_TEST(next_after("running") == "a");
}

BOOST_AUTO_TEST_CASE(positions_always_tell_the_order_in_which_runs_will_leave) {
  std::mt19937 random{7};
  for (int round = 0; round < 50; ++round) {
    AdmissionQueue queue{limits(1, 100)};
    BOOST_REQUIRE(queue.offer({"first"}, ++ticket, Priority::interactive, start) ==
                  Verdict::admitted);
    std::vector<RequestId> waiting;
    for (int i = 0; i < 20; ++i) {
      waiting.push_back({std::to_string(i)});
      const auto priority = random() % 2 == 0 ? Priority::interactive : Priority::background;
      BOOST_REQUIRE(queue.offer(waiting.back(), ++ticket, priority, start + i * 1s) ==
                    Verdict::queued);
    }
    const auto now = start + 20s;
    std::vector<RequestId> order(waiting.size());
    for (const auto& run : waiting)
      order.at(queue.position(run, now).position - 1) = run;
    queue.release({"first"});
    for (const auto& expected : order) {
      BOOST_REQUIRE(queue.next(now) == expected);
      queue.release(expected);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
