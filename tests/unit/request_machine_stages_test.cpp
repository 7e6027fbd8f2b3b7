// SPDX-License-Identifier: BSD-3-Clause
// The table of stages and transitions, row by row.
#include <boost/test/unit_test.hpp>

#include <map>

#include "tests/unit/request_machine_desk.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;

BOOST_AUTO_TEST_SUITE(request_machine_stages)

namespace {

/// Where a stage leads by an event, and what becomes of the request.
struct Cell {
  Stage next;
  std::string outcome = "open";
};

void check_row(const Machine::Event& event, const std::map<Stage, Cell>& cells) {
  for (const auto stage : stages) {
    Desk desk;
    desk.go_to(stage);
    BOOST_REQUIRE(name_of(desk.machine.stage()) == name_of(stage));
    desk.on(event);
    const auto cell = cells.contains(stage) ? cells.at(stage) : Cell{stage};
    BOOST_TEST(name_of(desk.machine.stage()) == name_of(cell.next), name_of(stage));
    BOOST_TEST(desk.outcome() == (stage == Stage::over ? "answered" : cell.outcome),
               name_of(stage));
  }
}

void check_reply(const Machine::Reply& reply, const std::map<Stage, Cell>& cells) {
  for (const auto& [stage, cell] : cells) {
    Desk desk;
    desk.go_to(stage);
    desk.reply(reply);
    BOOST_TEST(name_of(desk.machine.stage()) == name_of(cell.next), name_of(stage));
    BOOST_TEST(desk.outcome() == (stage == Stage::over ? "answered" : cell.outcome),
               name_of(stage));
  }
}

} // namespace

BOOST_AUTO_TEST_CASE(every_stage_is_reached_by_its_question) {
  for (const auto stage : stages) {
    Desk desk;
    desk.go_to(stage);
    BOOST_TEST(name_of(desk.machine.stage()) == name_of(stage));
  }
}

BOOST_AUTO_TEST_CASE(a_component_that_is_lost_is_asked_again_where_its_work_can_be_done_again) {
  check_reply(Machine::Lost{"X"}, {{Stage::admitting, {Stage::admitting}},
                                   {Stage::following, {Stage::over, "component_failed"}},
                                   {Stage::resolving, {Stage::resolving}},
                                   {Stage::sending, {Stage::judging}},
                                   {Stage::judging, {Stage::over, "connection_lost"}},
                                   {Stage::healing, {Stage::pausing}},
                                   {Stage::over, {Stage::over}}});
  // Its place in the queue stays its own.
  Desk queued;
  queued.go_to(Stage::admitting);
  queued.reply(Machine::Lost{"X"});
  BOOST_REQUIRE(queued.last<Machine::Admit>() != nullptr);
  BOOST_TEST(queued.last<Machine::Admit>()->again);
  // A complete answer that others have is asked for again; nothing of it can have been seen.
  Desk complete{{.name = "plan"}};
  complete.go_to(Stage::following);
  complete.reply(Machine::Lost{"X"});
  BOOST_TEST(name_of(complete.machine.stage()) == "admitting");
  BOOST_REQUIRE(complete.last<Machine::Admit>() != nullptr);
  // It gave its place up when it followed.
  BOOST_TEST(!complete.last<Machine::Admit>()->again);
}

BOOST_AUTO_TEST_CASE(a_failure_ends_a_request_that_was_not_sent_and_is_weighed_after_that) {
  const Machine::Failed lost{{.code = ErrorCode::connection_lost}};
  check_reply(lost, {{Stage::admitting, {Stage::over, "connection_lost"}},
                     {Stage::following, {Stage::over, "connection_lost"}},
                     {Stage::resolving, {Stage::pausing}},
                     {Stage::sending, {Stage::judging}},
                     {Stage::judging, {Stage::over, "connection_lost"}},
                     {Stage::healing, {Stage::pausing}},
                     {Stage::pausing, {Stage::pausing}},
                     {Stage::over, {Stage::over}}});
}

BOOST_AUTO_TEST_CASE(a_good_reply_leads_on) {
  check_reply(Machine::Admitted{}, {{Stage::admitting, {Stage::resolving}}});
  check_reply(Machine::Cached{}, {{Stage::admitting, {Stage::over, "answered"}}});
  check_reply(Machine::Shared{}, {{Stage::admitting, {Stage::following}}});
  check_reply(Machine::Missed{}, {{Stage::following, {Stage::admitting}}});
  check_reply(Machine::Alone{}, {{Stage::following, {Stage::admitting}}});
  check_reply(Machine::Resolved{"m", ""}, {{Stage::resolving, {Stage::sending}}});
  check_reply(Machine::Answered{}, {{Stage::sending, {Stage::over, "answered"}},
                                    {Stage::following, {Stage::over, "answered"}}});
  check_reply(Machine::Judged{false}, {{Stage::judging, {Stage::pausing}}});
  check_reply(Machine::Judged{true}, {{Stage::judging, {Stage::over, "connection_lost"}}});
  check_reply(Machine::Done{},
              {{Stage::healing, {Stage::pausing}}, {Stage::pausing, {Stage::resolving}}});
}

BOOST_AUTO_TEST_CASE(a_caller_that_is_gone_or_cancels_ends_a_request_that_nobody_else_wants) {
  std::map<Stage, Cell> cells;
  for (const auto stage : stages)
    cells.emplace(stage, Cell{Stage::over, "cancelled"});
  check_row(Machine::CallerGone{}, cells);
  check_row(Machine::Cancelled{}, cells);
  for (const auto stage : stages)
    cells[stage].outcome = "shutting_down";
  check_row(Machine::End{{.code = ErrorCode::shutting_down}}, cells);
}

BOOST_AUTO_TEST_CASE(a_lost_stream_starts_the_attempt_anew_and_touches_nothing_else) {
  check_row(Machine::StreamLost{"StreamingActor"},
            {{Stage::sending, {Stage::resolving}}, {Stage::judging, {Stage::resolving}}});
  Desk at_ollama;
  at_ollama.go_to(Stage::sending);
  at_ollama.on(Machine::StreamLost{"StreamingActor"});
  BOOST_TEST(at_ollama.count<Machine::Abort>() == 1u);
  check_row(Machine::ChunkSeen{1}, {});
  check_row(Machine::Interest{true, true}, {});
}

BOOST_AUTO_TEST_CASE(a_stale_reply_changes_nothing) {
  for (const auto stage : stages) {
    Desk desk;
    desk.go_to(stage);
    const auto step = desk.machine.step();
    desk.on(Machine::Happened{step - 1, Machine::Answered{}});
    BOOST_TEST(name_of(desk.machine.stage()) == name_of(stage));
    BOOST_TEST(desk.machine.step() == step);
    BOOST_TEST(desk.out.empty());
  }
}

BOOST_AUTO_TEST_SUITE_END()
