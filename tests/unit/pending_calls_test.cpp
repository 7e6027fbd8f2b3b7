// SPDX-License-Identifier: BSD-3-Clause
#include "actors/handles/pending_calls.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace nexus::llm;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(pending_calls)

namespace {

struct Desk {
  explicit Desk(PendingCalls::Rules rules = {}) : calls{rules, "Ollama"} {}

  std::optional<PendingCalls::Key> add(PendingCalls::Call call = {}) {
    call.send = [this](PendingCalls::Server server, PendingCalls::Key key,
                       PendingCalls::Epoch epoch) {
      servers.push_back(server);
      sent.push_back({key, epoch});
    };
    call.fail = [this](const LLMError& error) {
      failed.push_back(std::string{to_string(error.code)});
    };
    return calls.add(std::move(call));
  }

  PendingCalls calls;
  std::vector<std::pair<PendingCalls::Key, PendingCalls::Epoch>> sent;
  std::vector<std::string> failed;
  std::vector<PendingCalls::Server> servers; ///< to which they were sent
};

const auto never = [](std::uint32_t) { return std::optional<std::chrono::milliseconds>{}; };
const auto soon = [](std::uint32_t) { return std::optional{5ms}; };

} // namespace

BOOST_AUTO_TEST_CASE(calls_wait_until_somebody_is_there_and_keep_their_order) {
  Desk desk;
  desk.add();
  desk.add();
  BOOST_TEST(desk.sent.empty());
  desk.calls.connect();
  BOOST_REQUIRE(desk.sent.size() == 2u);
  BOOST_TEST(desk.sent[0].first < desk.sent[1].first);
  BOOST_TEST(desk.calls.answered(desk.sent[0].first, desk.sent[0].second));
  BOOST_TEST(!desk.calls.answered(desk.sent[0].first, desk.sent[0].second));
  BOOST_TEST(desk.calls.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_lost_call_goes_to_the_successor_three_times_at_most) {
  Desk desk;
  desk.add();
  for (int i = 0; i < 4; ++i)
    desk.calls.connect();
  BOOST_TEST(desk.sent.size() == 4u);
  // A reply to an earlier one is stale.
  BOOST_TEST(!desk.calls.answered(desk.sent[0].first, desk.sent[0].second));
  BOOST_TEST(desk.failed.empty());
  desk.calls.connect();
  BOOST_TEST(desk.failed == std::vector<std::string>{"component_failed"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_must_not_be_done_twice_is_not_sent_twice) {
  Desk desk;
  desk.calls.connect();
  desk.add({.may_be_repeated = false});
  desk.calls.connect();
  BOOST_TEST(desk.failed.size() == 1u);
  // Unless it certainly was not done.
  desk.add({.may_be_repeated = false});
  const auto [key, epoch] = desk.sent.back();
  BOOST_TEST(
      desk.calls.failed(key, epoch, {.code = ErrorCode::connection_refused}, soon).has_value());
  desk.calls.again(key, epoch);
  BOOST_TEST(desk.sent.size() == 3u);
  BOOST_TEST(
      !desk.calls.failed(key, desk.sent.back().second, {.code = ErrorCode::connection_lost}, soon)
           .has_value());
  BOOST_TEST(desk.failed.back() == "connection_lost");
}

BOOST_AUTO_TEST_CASE(only_so_many_are_under_way_but_long_ones_keep_nobody_waiting) {
  Desk desk{{.window = 2}};
  desk.calls.connect();
  for (int i = 0; i < 20; ++i)
    desk.add({.is_long = true});
  BOOST_TEST(desk.sent.size() == 20u);
  for (int i = 0; i < 3; ++i)
    desk.add();
  BOOST_TEST(desk.sent.size() == 22u);
  BOOST_TEST(desk.calls.answered(desk.sent[20].first, desk.sent[20].second));
  BOOST_TEST(desk.sent.size() == 23u);
}

BOOST_AUTO_TEST_CASE(a_pause_ends_with_the_call_or_with_another_sending) {
  Desk desk;
  desk.calls.connect();
  const auto key = desk.add();
  const auto epoch = desk.sent.back().second;
  BOOST_TEST((desk.calls.failed(*key, epoch, {.code = ErrorCode::server_error}, soon) == 5ms));
  desk.calls.again(*key, epoch + 1);
  BOOST_TEST(desk.sent.size() == 1u);
  desk.calls.again(*key, epoch);
  BOOST_TEST(desk.sent.size() == 2u);
  BOOST_TEST(
      !desk.calls.failed(*key, desk.sent.back().second, {.code = ErrorCode::bad_request}, never));
  BOOST_TEST(desk.failed.back() == "bad_request");
  desk.calls.again(*key, desk.sent.back().second);
  BOOST_TEST(desk.sent.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_call_is_ended_by_its_id_and_tells_whether_somebody_works_on_it) {
  Desk desk;
  const auto parked = desk.add({.id = {"a"}});
  BOOST_TEST((desk.calls.find({"a"}) == parked));
  BOOST_TEST(!desk.calls.find({"b"}).has_value());
  BOOST_TEST(!desk.calls.end(*parked, {.code = ErrorCode::cancelled}));
  desk.calls.connect();
  const auto asked = desk.add({.id = {"a"}});
  BOOST_TEST(desk.calls.end(*asked, {.code = ErrorCode::cancelled}));
  BOOST_TEST(!desk.calls.end(*asked, {.code = ErrorCode::cancelled}));
  BOOST_TEST(desk.failed.size() == 2u);
}

BOOST_AUTO_TEST_CASE(when_nobody_is_to_come_everything_ends_until_somebody_is) {
  Desk desk{{.max_calls = 2}};
  desk.add();
  desk.add();
  BOOST_TEST(!desk.add().has_value());
  BOOST_TEST(desk.failed.back() == "too_many_requests");
  desk.calls.give_up({.code = ErrorCode::shutting_down});
  BOOST_TEST(desk.failed.size() == 3u);
  BOOST_TEST(!desk.add().has_value());
  BOOST_TEST(desk.failed.back() == "shutting_down");
  desk.calls.expect();
  BOOST_TEST(desk.add().has_value());
  BOOST_TEST(desk.sent.empty());
  desk.calls.connect();
  BOOST_TEST(desk.sent.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_call_goes_to_the_server_that_is_chosen_and_to_another_when_that_is_lost) {
  Desk desk;
  std::optional<PendingCalls::Server> best;
  const PendingCalls::Call chosen{.choose = [&] { return PendingCalls::Choice{best}; }};
  desk.add(chosen);
  BOOST_TEST(desk.sent.empty());
  best = 1;
  desk.calls.dispatch();
  desk.add(chosen);
  BOOST_TEST(desk.calls.asked_of(1) == 2u);
  best = 0;
  desk.calls.lost(2, {.code = ErrorCode::node_lost});
  BOOST_TEST(desk.sent.size() == 2u);
  desk.calls.lost(1, {.code = ErrorCode::node_lost});
  BOOST_TEST(desk.servers == (std::vector<PendingCalls::Server>{1, 1, 0, 0}),
             boost::test_tools::per_element());
  BOOST_TEST(desk.calls.asked_of(1) == 0u);
  BOOST_TEST(!desk.calls.is_asked(desk.sent[0].first, desk.sent[0].second));
  BOOST_TEST(desk.calls.answered(desk.sent[2].first, desk.sent[2].second));
  BOOST_TEST(desk.calls.asked_of(0) == 1u);
}

BOOST_AUTO_TEST_CASE(a_call_that_no_server_would_take_ends_at_once) {
  Desk desk;
  desk.add({.choose = []() -> PendingCalls::Choice {
    return failure(ErrorCode::invalid_argument, "too large");
  }});
  BOOST_TEST(desk.failed == std::vector<std::string>{"invalid_argument"},
             boost::test_tools::per_element());
  BOOST_TEST(desk.calls.size() == 0u);
}

BOOST_AUTO_TEST_CASE(nothing_that_waits_is_sent_while_everything_ends) {
  Desk desk{{.window = 1}};
  desk.calls.connect();
  desk.add();
  desk.add();
  BOOST_REQUIRE(desk.sent.size() == 1u);
  desk.calls.give_up({.code = ErrorCode::restart_budget_exhausted});
  BOOST_TEST(desk.sent.size() == 1u);
  BOOST_TEST(desk.failed.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_call_that_waits_is_looked_at_again_when_a_server_is_lost) {
  Desk desk;
  bool all_gone = false;
  PendingCalls::Call call;
  call.choose = [&all_gone]() -> PendingCalls::Choice {
    if (all_gone)
      return tl::unexpected{LLMError{.code = ErrorCode::node_lost}};
    return std::nullopt;
  };
  desk.add(std::move(call));
  BOOST_TEST(desk.failed.empty());
  all_gone = true;
  desk.calls.lost(1, {.code = ErrorCode::node_lost});
  BOOST_TEST(desk.failed == std::vector<std::string>{"node_lost"});
}

BOOST_AUTO_TEST_CASE(a_call_that_was_refused_goes_elsewhere_and_that_counts_as_no_loss) {
  Desk desk{{.max_losses = 0}};
  PendingCalls::Server best = 0;
  desk.add({.choose = [&] { return PendingCalls::Choice{best}; }});
  best = 1;
  desk.calls.refused(desk.sent[0].first, desk.sent[0].second, {.code = ErrorCode::node_lost});
  desk.calls.refused(desk.sent[0].first, desk.sent[0].second, {.code = ErrorCode::node_lost});
  BOOST_TEST(desk.servers == (std::vector<PendingCalls::Server>{0, 1}),
             boost::test_tools::per_element());
  desk.calls.lost(1, {.code = ErrorCode::node_lost});
  BOOST_TEST(desk.failed == std::vector<std::string>{"node_lost"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_lost_call_waits_until_it_is_known_whether_it_may_be_made_again) {
  Desk desk;
  std::vector<std::pair<PendingCalls::Key, PendingCalls::Epoch>> judged;
  auto judge = [&](PendingCalls::Key key, PendingCalls::Epoch epoch, const LLMError&) {
    judged.push_back({key, epoch});
  };
  desk.calls.connect();
  desk.add({.judge = judge});
  desk.add({.judge = judge});
  const LLMError lost{.code = ErrorCode::node_lost};
  desk.calls.lost(0, lost);
  BOOST_REQUIRE(judged.size() == 2u);
  BOOST_TEST(desk.sent.size() == 2u);
  BOOST_TEST(desk.calls.waits(judged[0].first));
  // An answer that comes after all is stale.
  BOOST_TEST(!desk.calls.answered(desk.sent[0].first, desk.sent[0].second));
  desk.calls.judged(judged[0].first, judged[0].second, true);
  BOOST_REQUIRE(desk.sent.size() == 3u);
  BOOST_TEST(desk.sent[2].second > judged[0].second);
  BOOST_TEST(judged[0].second > desk.sent[0].second);
  BOOST_TEST(!desk.calls.answered(desk.sent[0].first, desk.sent[0].second));
  desk.calls.judged(judged[0].first, judged[0].second, false);
  BOOST_TEST(desk.failed.empty());
  desk.calls.judged(judged[1].first, judged[1].second, false);
  BOOST_TEST(desk.failed == std::vector<std::string>{"node_lost"},
             boost::test_tools::per_element());
  BOOST_TEST(desk.calls.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_call_that_is_answered_by_losses_alone_ends_after_as_many_as_are_allowed) {
  Desk desk{{.max_losses = 2}};
  desk.add();
  desk.calls.connect();
  const LLMError moved{.code = ErrorCode::component_failed};
  for (int losses = 0; losses < 2; ++losses) {
    const auto [key, epoch] = desk.sent.back();
    BOOST_TEST((desk.calls.failed(key, epoch, moved, soon) == 5ms));
    desk.calls.again(key, desk.sent.back().second);
  }
  BOOST_REQUIRE(desk.sent.size() == 3u);
  BOOST_TEST(desk.failed.empty());
  const auto [key, epoch] = desk.sent.back();
  BOOST_TEST(!desk.calls.failed(key, epoch, moved, soon).has_value());
  BOOST_TEST(desk.failed.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_stale_answer_or_failure_is_ignored) {
  Desk desk;
  desk.add();
  desk.calls.connect();
  const auto [key, epoch] = desk.sent.back();
  BOOST_TEST(!desk.calls.is_asked(key, epoch + 1));
  BOOST_TEST(!desk.calls.is_asked(key + 1, epoch));
  BOOST_TEST(desk.calls.is_asked(key, epoch));
  BOOST_TEST(!desk.calls.waits(key));
  BOOST_TEST(!desk.calls.failed(key, epoch + 1, {.code = ErrorCode::server_error}, soon));
  BOOST_TEST(!desk.calls.answered(key, epoch + 1));
  BOOST_TEST(desk.calls.failed(key, epoch, {.code = ErrorCode::server_error}, soon).has_value());
  BOOST_TEST(!desk.calls.is_asked(key, epoch));
  BOOST_TEST(desk.calls.waits(key));
  BOOST_TEST(!desk.calls.answered(key, epoch));
  BOOST_TEST(desk.calls.size() == 1u);
  BOOST_TEST(desk.failed.empty());
}

BOOST_AUTO_TEST_CASE(a_call_that_fails_by_itself_does_not_count_as_a_loss) {
  Desk desk{{.max_losses = 1}};
  desk.add();
  desk.calls.connect();
  for (int failures = 1; failures <= 5; ++failures) {
    const auto [key, epoch] = desk.sent.back();
    std::uint32_t told = 0;
    const auto wait = [&told](std::uint32_t count) {
      told = count;
      return std::optional{5ms};
    };
    BOOST_TEST(desk.calls.failed(key, epoch, {.code = ErrorCode::server_error}, wait).has_value());
    BOOST_TEST(told == static_cast<std::uint32_t>(failures));
    desk.calls.again(key, epoch);
  }
  BOOST_TEST(desk.failed.empty());
}

BOOST_AUTO_TEST_CASE(a_long_call_that_ends_makes_no_room_and_takes_none) {
  Desk desk{{.window = 1}};
  desk.calls.connect();
  const auto long_call = desk.add({.is_long = true});
  desk.add();
  desk.add();
  BOOST_TEST(desk.sent.size() == 2u);
  BOOST_TEST(desk.calls.asked_of(0) == 2u);
  BOOST_TEST(desk.calls.end(*long_call, {.code = ErrorCode::cancelled}));
  BOOST_TEST(desk.sent.size() == 2u);
  BOOST_TEST(desk.calls.asked_of(0) == 1u);
  const auto [key, epoch] = desk.sent.back();
  BOOST_TEST(desk.calls.end(key, {.code = ErrorCode::cancelled}));
  BOOST_TEST(desk.sent.size() == 3u);
  BOOST_TEST(desk.calls.asked_of(0) == 1u);
  BOOST_TEST(desk.calls.asked_of(7) == 0u);
}

BOOST_AUTO_TEST_CASE(while_a_successor_is_expected_calls_wait_for_it) {
  Desk desk;
  desk.calls.connect();
  desk.calls.expect();
  const auto key = desk.add({.id = {"a"}});
  BOOST_TEST(desk.sent.empty());
  BOOST_TEST(desk.calls.waits(*key));
  BOOST_TEST(!desk.calls.waits(*key + 1));
  BOOST_TEST((desk.calls.id_of(*key) == RequestId{"a"}));
  BOOST_TEST(!desk.calls.id_of(*key + 1).has_value());
  desk.calls.connect();
  BOOST_TEST(desk.sent.size() == 1u);
  // Nor does anything go to one that has been given up.
  desk.calls.give_up({.code = ErrorCode::shutting_down});
  BOOST_TEST(desk.calls.given_up().has_value());
  BOOST_TEST(desk.failed.size() == 1u);
  desk.calls.dispatch();
  BOOST_TEST(desk.sent.size() == 1u);
  desk.calls.connect();
  BOOST_TEST(!desk.calls.given_up().has_value());
  BOOST_TEST(desk.add().has_value());
  BOOST_TEST(desk.sent.size() == 2u);
}

BOOST_AUTO_TEST_CASE(keys_and_epochs_grow) {
  Desk desk;
  desk.calls.connect();
  const auto first = desk.add();
  const auto second = desk.add();
  BOOST_TEST(*first < *second);
  desk.calls.connect();
  BOOST_REQUIRE(desk.sent.size() == 4u);
  BOOST_TEST(desk.sent[0].second < desk.sent[2].second);
  BOOST_TEST(desk.sent[1].second < desk.sent[3].second);
}

BOOST_AUTO_TEST_CASE(the_rules_where_nobody_sets_them) {
  const PendingCalls::Rules rules;
  BOOST_TEST(rules.window == 64u);
  BOOST_TEST(rules.max_calls == 10'000u);
  BOOST_TEST(rules.max_losses == 3u);
  const PendingCalls::Call call;
  BOOST_TEST(call.may_be_repeated);
  BOOST_TEST(!call.is_long);
}

BOOST_AUTO_TEST_SUITE_END()
