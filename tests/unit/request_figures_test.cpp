// SPDX-License-Identifier: BSD-3-Clause
// What the request machine tells of a request: its figures, its provenance, and the lines of the
// log.
#include <boost/test/unit_test.hpp>

#include "tests/unit/request_machine_desk.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(request_figures)

BOOST_AUTO_TEST_CASE(each_failed_attempt_and_the_failure_of_a_request_is_a_line_in_the_log) {
  Desk desk{{.name = "plan"}};
  desk.config.max_retries = 1;
  desk.config.retry_delay = 100ms;
  desk.go_to(Stage::sending);
  const LLMError refused{.code = ErrorCode::model_load_failed, .detail = "no memory"};
  desk.reply(Machine::Failed{refused});
  BOOST_REQUIRE(desk.last<Machine::Log>() != nullptr);
  BOOST_CHECK(desk.last<Machine::Log>()->level == LogLevel::warning);
  auto told = refused;
  told.model = "llama3.1:8b";
  told.attempts = 1;
  BOOST_TEST(desk.last<Machine::Log>()->text ==
             "request plan, attempt 1 with llama3.1:8b: " + log_line(told) + "; trying again in " +
                 std::to_string(desk.last<Machine::Pause>()->wait.count()) + " ms");
  BOOST_TEST(desk.last<Machine::Pause>()->wait.count() == 125);
  desk.reply(Machine::Done{});
  desk.reply(Machine::Resolved{"llama3.1:8b", "d"});
  desk.reply(Machine::Failed{refused});
  BOOST_REQUIRE(desk.last<Machine::Log>() != nullptr);
  BOOST_CHECK(desk.last<Machine::Log>()->level == LogLevel::warning);
  told.attempts = 2;
  BOOST_TEST(desk.last<Machine::Log>()->text ==
             "request plan, attempt 2 with llama3.1:8b: " + log_line(told) +
                 "; falling back to another model");
  desk.on(Machine::End{{.code = ErrorCode::shutting_down}});
  BOOST_REQUIRE(desk.last<Machine::Log>() != nullptr);
  BOOST_CHECK(desk.last<Machine::Log>()->level == LogLevel::error);
  const auto& failed = std::get<LLMError>(desk.last<Machine::Conclude>()->outcome);
  BOOST_TEST(desk.last<Machine::Log>()->text == "request plan failed: " + log_line(failed));
  BOOST_TEST(desk.count<Machine::Log>() == 3u);
}

BOOST_AUTO_TEST_CASE(what_the_caller_wanted_or_got_wrong_is_no_failure_in_the_log) {
  for (const auto code :
       {ErrorCode::cancelled, ErrorCode::queue_full, ErrorCode::invalid_argument}) {
    Desk desk;
    desk.go_to(Stage::admitting);
    desk.reply(Machine::Failed{{.code = code}});
    BOOST_TEST(desk.outcome() == std::string{to_string(code)});
    BOOST_TEST(desk.count<Machine::Log>() == 0u);
  }
}

BOOST_AUTO_TEST_CASE(a_shared_answer_counts_once_and_tells_when_it_was_sent) {
  Desk desk{{.name = "b"}};
  desk.go_to(Stage::following);
  desk.now = start + 5s;
  LLMResponse response;
  response.provenance.attempts = 3;
  response.provenance.cached = true;
  response.provenance.total_time = 7s;
  response.provenance.queue_time = 4s; // sent at start + 2 s
  response.stats.eval_count = 9;
  desk.reply(Machine::Answered{response});
  const auto& answer = std::get<LLMResponse>(desk.last<Machine::Conclude>()->outcome);
  BOOST_TEST(answer.provenance.shared);
  BOOST_TEST(!answer.provenance.cached);
  BOOST_TEST(answer.provenance.attempts == 3u);
  BOOST_TEST((answer.provenance.queue_time == 2s));
  BOOST_TEST((answer.provenance.total_time == 5s));
  BOOST_TEST(desk.figures().tokens == 0u);
  BOOST_TEST(desk.figures().shared == 1u);
  BOOST_TEST(desk.figures().answered == 1u);
}

BOOST_AUTO_TEST_CASE(the_time_in_the_queue_ends_when_the_request_is_first_sent) {
  Desk desk;
  desk.on(Machine::Begin{});
  desk.reply(Machine::Admitted{});
  desk.now = start + 2s;
  desk.reply(Machine::Resolved{"llama3.1:8b", "d"});
  desk.now = start + 3s;
  desk.reply(Machine::Failed{{.code = ErrorCode::connection_lost}});
  desk.reply(Machine::Judged{false});
  desk.reply(Machine::Done{});
  desk.now = start + 5s;
  desk.reply(Machine::Resolved{"llama3.1:8b", "d"});
  desk.now = start + 9s;
  desk.reply(Machine::Answered{});
  const auto& answer = std::get<LLMResponse>(desk.last<Machine::Conclude>()->outcome);
  BOOST_TEST((answer.provenance.queue_time == 2s));
  BOOST_TEST((answer.provenance.total_time == 9s));
}

BOOST_AUTO_TEST_CASE(an_answer_from_the_cache_keeps_what_is_true_of_its_text_alone) {
  Desk desk;
  desk.go_to(Stage::admitting);
  LLMResponse response;
  response.provenance = {.attempts = 2, .fallback = true, .prompt_truncated = true};
  desk.reply(Machine::Cached{response});
  const auto& provenance =
      std::get<LLMResponse>(desk.last<Machine::Conclude>()->outcome).provenance;
  BOOST_TEST(provenance.cached);
  BOOST_TEST(provenance.attempts == 0u);
  BOOST_TEST(!provenance.fallback);
  BOOST_TEST(provenance.prompt_truncated);
  BOOST_TEST(desk.figures().cache_hits == 1u);
}

BOOST_AUTO_TEST_CASE(an_error_names_the_model_and_the_attempt_that_it_ended) {
  Desk desk{{.name = "plan"}};
  desk.config.max_retries = 0;
  desk.config.settings(AIRole::overseer).fallback_models.clear();
  desk.go_to(Stage::sending);
  desk.reply(Machine::Failed{{.code = ErrorCode::connection_lost}});
  BOOST_REQUIRE(desk.machine.last_error().has_value());
  BOOST_TEST(desk.machine.last_error()->model == "llama3.1:8b");
  BOOST_TEST(desk.machine.last_error()->attempts == 1u);
  BOOST_REQUIRE(desk.last<Machine::Conclude>() != nullptr);
  BOOST_TEST(std::get<LLMError>(desk.last<Machine::Conclude>()->outcome).model == "llama3.1:8b");
  // Also one that ends otherwise, unless it names another.
  for (const auto* named : {"", "other"}) {
    Desk ended;
    ended.go_to(Stage::sending);
    ended.on(Machine::End{{.code = ErrorCode::shutting_down, .model = named}});
    BOOST_TEST(std::get<LLMError>(ended.last<Machine::Conclude>()->outcome).model ==
               (*named == '\0' ? "llama3.1:8b" : "other"));
  }
}

BOOST_AUTO_TEST_CASE(a_request_that_was_left_alone_has_an_answer_of_its_own) {
  Desk desk{{.name = "b"}};
  desk.go_to(Stage::following);
  desk.reply(Machine::Alone{});
  BOOST_REQUIRE(desk.last<Machine::Admit>() != nullptr);
  BOOST_TEST(desk.last<Machine::Admit>()->alone);
  desk.reply(Machine::Admitted{});
  desk.reply(Machine::Resolved{"llama3.1:8b", "d"});
  desk.reply(Machine::Answered{});
  BOOST_TEST(!std::get<LLMResponse>(desk.last<Machine::Conclude>()->outcome).provenance.shared);
  BOOST_TEST(desk.figures().shared == 0u);
}

BOOST_AUTO_TEST_CASE(what_was_not_followed_to_its_end_is_no_shared_answer) {
  for (const auto& left : {Machine::Reply{Machine::Missed{}}, Machine::Reply{Machine::Lost{"X"}}}) {
    Desk desk{{.name = "b"}};
    desk.go_to(Stage::following);
    desk.reply(left);
    BOOST_REQUIRE(desk.last<Machine::Admit>() != nullptr);
    BOOST_TEST(!desk.last<Machine::Admit>()->again);
    BOOST_TEST(!desk.last<Machine::Admit>()->alone);
    desk.reply(Machine::Admitted{});
    desk.reply(Machine::Resolved{"llama3.1:8b", "d"});
    desk.reply(Machine::Answered{});
    const auto& answer = std::get<LLMResponse>(desk.last<Machine::Conclude>()->outcome);
    BOOST_TEST(!answer.provenance.shared);
    BOOST_TEST(answer.provenance.attempts == 1u);
    BOOST_TEST(desk.figures().shared == 0u);
  }
}

BOOST_AUTO_TEST_CASE(what_was_generated_is_counted_once_for_an_answer_of_its_own) {
  LLMResponse response;
  response.stats.eval_count = 9;
  response.stats.eval_duration = 3s;
  Desk own;
  own.go_to(Stage::sending);
  own.reply(Machine::Answered{response});
  BOOST_TEST(own.figures().tokens == 9u);
  BOOST_CHECK(own.figures().generating == 3s);
  Desk cached;
  cached.go_to(Stage::admitting);
  cached.reply(Machine::Cached{response});
  BOOST_TEST(cached.figures().tokens == 0u);
  BOOST_CHECK(cached.figures().generating == 0s);
  BOOST_TEST(cached.figures().answered == 1u);
}

BOOST_AUTO_TEST_CASE(every_end_is_counted_as_what_it_is_to_its_caller) {
  struct Row {
    ErrorCode code;
    RoleStats expected;
  };
  const Row rows[] = {{ErrorCode::cancelled, {.cancelled = 1}},
                      {ErrorCode::queue_full, {.rejected = 1}},
                      {ErrorCode::invalid_argument, {.failed = 1}},
                      {ErrorCode::shutting_down, {.failed = 1}}};
  for (const auto& [code, expected] : rows) {
    Desk desk;
    desk.go_to(Stage::admitting);
    desk.reply(Machine::Failed{{.code = code}});
    const auto figures = desk.figures();
    BOOST_TEST(figures.cancelled == expected.cancelled, to_string(code));
    BOOST_TEST(figures.rejected == expected.rejected, to_string(code));
    BOOST_TEST(figures.failed == expected.failed, to_string(code));
    BOOST_TEST(figures.shared == 0u);
    BOOST_TEST(figures.answered == 0u);
  }
}

BOOST_AUTO_TEST_CASE(what_becomes_of_a_request_whose_caller_was_answered_is_not_counted_again) {
  for (const bool fails : {true, false}) {
    Desk desk;
    desk.go_to(Stage::sending);
    desk.on(Machine::Interest{.followers = true});
    desk.on(Machine::CallerGone{});
    if (fails)
      desk.on(Machine::End{{.code = ErrorCode::shutting_down}});
    else
      desk.reply(Machine::Answered{});
    BOOST_TEST(desk.outcome() == (fails ? "shutting_down" : "answered"));
    BOOST_TEST(desk.figures().cancelled == 1u);
    BOOST_TEST(desk.figures().failed == 0u);
    BOOST_TEST(desk.figures().answered == 0u);
    BOOST_TEST(desk.count<Machine::Log>() == 0u);
  }
  // Nor is one that shared an answer.
  Desk shared{{.name = "b"}};
  shared.go_to(Stage::following);
  shared.on(Machine::Interest{.followers = true});
  shared.on(Machine::Cancelled{});
  shared.reply(Machine::Answered{});
  BOOST_TEST(shared.figures().shared == 0u);
}

BOOST_AUTO_TEST_CASE(a_failure_that_is_shared_is_counted_as_such) {
  Desk desk{{.name = "b"}};
  desk.go_to(Stage::following);
  desk.reply(Machine::Failed{{.code = ErrorCode::connection_lost}});
  BOOST_TEST(desk.figures().failed == 1u);
  BOOST_TEST(desk.figures().shared == 1u);
}

BOOST_AUTO_TEST_CASE(every_figure_is_one_of_its_role) {
  Desk desk{{.role = AIRole::implementation, .name = "code"}};
  desk.config.max_retries = 0;
  desk.go_to(Stage::sending);
  desk.reply(Machine::Failed{{.code = ErrorCode::connection_lost}});
  BOOST_REQUIRE(desk.count<Machine::Count>() > 0u);
  for (const auto& action : desk.all)
    if (const auto* added = std::get_if<Machine::Count>(&action))
      BOOST_CHECK(added->figures.role == AIRole::implementation);
}

BOOST_AUTO_TEST_CASE(an_answer_of_its_own_is_no_shared_one) {
  Desk desk;
  desk.go_to(Stage::over);
  BOOST_TEST(desk.figures().answered == 1u);
  BOOST_TEST(desk.figures().shared == 0u);
  BOOST_TEST(desk.figures().cache_hits == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
