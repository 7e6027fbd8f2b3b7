// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <random>
#include <set>

#include "tests/unit/request_machine_desk.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;

BOOST_AUTO_TEST_SUITE(request_machine_property)

/// Whatever happens in whatever order: one answer, one question at a time, an end once callers are
/// gone, and no retry of what was seen.
BOOST_AUTO_TEST_CASE(any_sequence_of_events_keeps_the_promises) {
  constexpr ErrorCode codes[] = {ErrorCode::connection_lost,    ErrorCode::connection_refused,
                                 ErrorCode::model_not_found,    ErrorCode::first_token_timeout,
                                 ErrorCode::bad_request,        ErrorCode::component_failed,
                                 ErrorCode::stream_interrupted, ErrorCode::server_busy,
                                 ErrorCode::circuit_open,       ErrorCode::queue_full};
  std::set<std::string> outcomes;
  for (unsigned seed = 0; seed < 20'000; ++seed) {
    std::mt19937 random{seed};
    auto pick = [&random](unsigned count) { return static_cast<unsigned>(random() % count); };
    const bool stream = pick(2) == 0;
    Desk desk{{.name = "r", .model = pick(4) == 0 ? "own:1b" : "", .stream = stream}};
    desk.config.stream_recovery = pick(2) == 0 ? StreamRecovery::restart : StreamRecovery::fail;
    std::size_t answers = 0;
    bool seen = false;
    bool voided = false;
    bool caller = true;
    Machine::Interest interest;
    auto feed = [&](const Machine::Event& event) {
      const auto step = desk.machine.step();
      const bool was_over = desk.machine.stage() == Stage::over && desk.outcome() != "open";
      desk.on(event);
      std::size_t questions = 0;
      for (const auto& action : desk.out)
        std::visit(
            [&]<class Action>(const Action& which) {
              if constexpr (requires { which.step; }) {
                if (which.step != 0) {
                  ++questions;
                  BOOST_REQUIRE(which.step == desk.machine.step());
                  BOOST_REQUIRE(which.step > step);
                }
              }
              if constexpr (std::is_same_v<Action, Machine::Conclude>)
                ++answers;
              if constexpr (std::is_same_v<Action, Machine::RestartStream>)
                voided = voided || which.seen_is_void;
              if constexpr (std::is_same_v<Action, Machine::Send>) {
                // What was seen is told to be void before it is sent again.
                BOOST_REQUIRE(!seen || voided);
                seen = false;
                voided = false;
              }
            },
            action);
      BOOST_REQUIRE(questions <= 1u);
      BOOST_REQUIRE(answers <= 1u);
      if (was_over)
        BOOST_REQUIRE(desk.out.empty());
    };
    feed(Machine::Begin{});
    for (int i = 0; i < 60 && answers == 0; ++i) {
      desk.now += std::chrono::milliseconds{pick(3000)};
      switch (pick(12)) {
      case 0:
        feed(Machine::Happened{desk.machine.step() - pick(2), Machine::Lost{"X"}});
        break;
      case 1:
        if (stream && desk.machine.stage() == Stage::sending) {
          feed(Machine::ChunkSeen{desk.machine.attempts()});
          seen = true;
        }
        break;
      case 2:
        if (stream)
          feed(Machine::StreamLost{"StreamingActor"});
        break;
      case 3:
        if (pick(4) == 0) {
          feed(pick(2) == 0 ? Machine::Event{Machine::CallerGone{}}
                            : Machine::Event{Machine::Cancelled{}});
          caller = desk.machine.has_caller();
        }
        break;
      case 4:
        interest = {.followers = pick(2) == 0, .listeners = stream && pick(2) == 0};
        feed(interest);
        break;
      default: {
        const bool fails = pick(3) == 0;
        Machine::Reply reply = Machine::Failed{{.code = codes[pick(std::size(codes))]}};
        if (!fails)
          switch (desk.machine.stage()) {
          case Stage::admitting:
            reply = pick(5) == 0 ? Machine::Reply{Machine::Shared{}} : Machine::Admitted{};
            break;
          case Stage::following:
            reply = pick(2) == 0 ? Machine::Reply{Machine::Missed{}} : Machine::Alone{};
            break;
          case Stage::resolving:
            reply = Machine::Resolved{pick(3) == 0 ? "spare:1b" : "llama3.1:8b", ""};
            break;
          case Stage::sending:
            reply = Machine::Answered{};
            break;
          case Stage::judging:
            reply = Machine::Judged{seen};
            break;
          default:
            reply = Machine::Done{};
          }
        feed(Machine::Happened{desk.machine.step(), reply});
      }
      }
      // Nobody wants it: it has ended.
      if (!caller && !interest.followers && !interest.listeners)
        BOOST_REQUIRE(answers == 1u);
    }
    // Once everybody is gone, it ends.
    feed(Machine::Interest{});
    feed(Machine::CallerGone{});
    BOOST_REQUIRE(answers == 1u);
    const auto figures = desk.figures();
    BOOST_REQUIRE(figures.answered + figures.failed + figures.cancelled + figures.rejected == 1u);
    outcomes.insert(desk.outcome());
  }
  BOOST_TEST(outcomes.size() > 6u);
}

BOOST_AUTO_TEST_SUITE_END()
