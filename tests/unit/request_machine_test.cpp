// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "tests/unit/request_machine_desk.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(request_machine)

BOOST_AUTO_TEST_CASE(the_work_goes_on_for_others_when_the_caller_is_gone) {
  for (const auto& [others, event, ends_stream] :
       {std::tuple{Machine::Interest{.followers = true}, Machine::Event{Machine::Cancelled{}},
                   true},
        std::tuple{Machine::Interest{.followers = true}, Machine::Event{Machine::CallerGone{}},
                   false},
        std::tuple{Machine::Interest{.listeners = true}, Machine::Event{Machine::CallerGone{}},
                   false}}) {
    Desk desk;
    desk.go_to(Stage::sending);
    desk.on(others);
    desk.on(event);
    BOOST_REQUIRE(desk.last<Machine::AnswerCaller>() != nullptr);
    BOOST_TEST(desk.last<Machine::AnswerCaller>()->end_stream == ends_stream);
    BOOST_TEST(!desk.machine.has_caller());
    BOOST_TEST(desk.outcome() == "open");
    // Said twice, it is done once.
    desk.on(event);
    BOOST_TEST(desk.count<Machine::AnswerCaller>() == 1u);
    desk.on(Machine::Interest{});
    BOOST_TEST(desk.outcome() == "cancelled");
    BOOST_TEST(desk.last<Machine::Abort>() != nullptr);
    BOOST_TEST(desk.figures().cancelled == 1u);
  }
  // Who joined a stream has no say against its caller.
  Desk desk;
  desk.go_to(Stage::sending);
  desk.on(Machine::Interest{.listeners = true});
  desk.on(Machine::Cancelled{});
  BOOST_TEST(desk.outcome() == "cancelled");
}

BOOST_AUTO_TEST_CASE(components_that_keep_dying_end_a_request) {
  for (const auto stage : {Stage::admitting, Stage::resolving}) {
    Desk desk;
    desk.go_to(stage);
    for (int i = 0; i < 3; ++i)
      desk.reply(Machine::Lost{"X"});
    BOOST_TEST(desk.outcome() == "open");
    desk.reply(Machine::Lost{"X"});
    BOOST_TEST(desk.outcome() == "component_failed");
    // Nothing is asked any more.
    BOOST_TEST(name_of(desk.machine.stage()) == "over");
    BOOST_TEST(desk.last<Machine::Admit>() == nullptr);
    BOOST_TEST(desk.last<Machine::Resolve>() == nullptr);
  }
}

BOOST_AUTO_TEST_CASE(three_lost_components_are_borne_wherever_they_are_lost_and_the_fourth_is_not) {
  Desk desk{{.name = "plan"}};
  desk.on(Machine::Begin{});
  desk.reply(Machine::Lost{"RoleActor"});
  desk.reply(Machine::Admitted{});
  desk.reply(Machine::Lost{"ModelManagerActor"});
  desk.reply(Machine::Resolved{"llama3.1:8b", "d"});
  desk.reply(Machine::Lost{"OllamaClientActor"});
  BOOST_TEST(desk.outcome() == "open");
  BOOST_REQUIRE(desk.machine.stage() == Stage::pausing);
  desk.reply(Machine::Done{});
  desk.reply(Machine::Resolved{"llama3.1:8b", "d"});
  desk.reply(Machine::Lost{"OllamaClientActor"});
  BOOST_TEST(desk.outcome() == "component_failed");
  const auto& error = std::get<LLMError>(desk.last<Machine::Conclude>()->outcome);
  BOOST_TEST(error.subject == "OllamaClientActor");
  BOOST_TEST(error.attempts == 2u);
  // A stream that keeps being lost before anything is seen is no exception.
  Desk stream;
  stream.go_to(Stage::sending);
  for (int i = 0; i < 3; ++i) {
    stream.on(Machine::StreamLost{"StreamingActor"});
    stream.reply(Machine::Resolved{"llama3.1:8b", "d"});
  }
  BOOST_TEST(stream.outcome() == "open");
  stream.on(Machine::StreamLost{"StreamingActor"});
  BOOST_TEST(stream.outcome() == "component_failed");
}

BOOST_AUTO_TEST_CASE(a_component_whose_answer_is_its_own_failure_is_not_asked_without_end) {
  Desk desk;
  desk.go_to(Stage::resolving);
  int asked = 0;
  for (; desk.outcome() == "open" && asked < 100; ++asked) {
    desk.reply(Machine::Failed{{.code = ErrorCode::component_failed, .subject = "Other"}});
    if (desk.machine.stage() == Stage::pausing)
      desk.reply(Machine::Done{});
  }
  BOOST_TEST(asked == 4);
  BOOST_TEST(desk.outcome() == "component_failed");
}

BOOST_AUTO_TEST_CASE(a_lost_stream_of_which_something_was_seen_starts_over_once) {
  Desk desk;
  desk.go_to(Stage::sending);
  desk.on(Machine::ChunkSeen{1});
  desk.on(Machine::StreamLost{"StreamingActor"});
  BOOST_REQUIRE(desk.last<Machine::RestartStream>() != nullptr);
  BOOST_TEST(desk.last<Machine::RestartStream>()->seen_is_void);
  BOOST_TEST(desk.last<Machine::RestartStream>()->attempt == 2u);
  BOOST_REQUIRE(desk.machine.last_error().has_value());
  BOOST_TEST(desk.machine.last_error()->code == ErrorCode::component_failed);
  desk.reply(Machine::Resolved{"llama3.1:8b", "d"});
  BOOST_TEST(!desk.machine.seen());
  desk.on(Machine::ChunkSeen{2});
  desk.on(Machine::StreamLost{"StreamingActor"});
  BOOST_TEST(desk.outcome() == "component_failed");
}

BOOST_AUTO_TEST_CASE(subscribers_of_a_lost_stream_are_told_again_that_it_starts_over) {
  Desk desk;
  desk.go_to(Stage::sending);
  desk.on(Machine::ChunkSeen{1});
  desk.on(Machine::StreamLost{"StreamingActor"});
  // The new one dies as well, before the next attempt was sent.
  desk.on(Machine::StreamLost{"StreamingActor"});
  BOOST_REQUIRE(desk.last<Machine::RestartStream>() != nullptr);
  BOOST_TEST(desk.last<Machine::RestartStream>()->seen_is_void);
  BOOST_TEST(desk.last<Machine::RestartStream>()->attempt == 2u);
  BOOST_TEST(desk.outcome() == "open");
}

BOOST_AUTO_TEST_CASE(a_chunk_of_an_earlier_attempt_says_nothing_of_this_one) {
  Desk desk;
  desk.go_to(Stage::pausing);
  desk.reply(Machine::Done{});
  desk.reply(Machine::Resolved{"llama3.1:8b", "d"});
  desk.on(Machine::ChunkSeen{1});
  BOOST_TEST(!desk.machine.seen());
  desk.on(Machine::ChunkSeen{2});
  BOOST_TEST(desk.machine.seen());
}

BOOST_AUTO_TEST_CASE(a_model_that_is_missing_falls_back_with_a_fresh_list) {
  Desk desk;
  desk.go_to(Stage::sending);
  desk.reply(Machine::Failed{{.code = ErrorCode::model_not_found}});
  desk.reply(Machine::Judged{false});
  BOOST_REQUIRE(desk.last<Machine::Resolve>() != nullptr);
  BOOST_TEST(desk.last<Machine::Resolve>()->refresh);
  BOOST_TEST(desk.last<Machine::Resolve>()->tried == std::vector<std::string>{"llama3.1:8b"});
  desk.reply(Machine::Resolved{"spare:1b", ""});
  desk.reply(Machine::Answered{{.model = "spare:1b"}});
  const auto& answer = std::get<LLMResponse>(desk.last<Machine::Conclude>()->outcome);
  BOOST_TEST(answer.provenance.fallback);
  BOOST_TEST(answer.provenance.attempts == 2u);
  BOOST_TEST(desk.figures().fallbacks == 1u);
}

BOOST_AUTO_TEST_CASE(the_failure_that_made_a_fallback_necessary_is_told_where_there_is_none) {
  Desk desk;
  desk.go_to(Stage::sending);
  desk.reply(Machine::Failed{{.code = ErrorCode::model_load_failed}});
  desk.reply(Machine::Judged{false});
  while (desk.machine.stage() == Stage::pausing) {
    desk.reply(Machine::Done{});
    desk.reply(Machine::Resolved{"llama3.1:8b", ""});
    desk.reply(Machine::Failed{{.code = ErrorCode::model_load_failed}});
    desk.reply(Machine::Judged{false});
  }
  BOOST_TEST(name_of(desk.machine.stage()) == "resolving");
  desk.reply(Machine::Failed{{.code = ErrorCode::model_not_found}});
  BOOST_TEST(desk.outcome() == "model_load_failed");
}

BOOST_AUTO_TEST_CASE(a_model_that_hangs_is_healed_once_before_the_next_attempt) {
  Desk desk;
  desk.go_to(Stage::healing);
  BOOST_TEST(desk.last<Machine::Heal>()->step == desk.machine.step());
  BOOST_TEST(desk.last<Machine::Heal>()->model == "llama3.1:8b");
  BOOST_TEST(desk.last<Machine::Heal>()->digest == "d");
  desk.reply(Machine::Done{});
  // The pause is as long as without the healing.
  BOOST_REQUIRE(desk.last<Machine::Pause>() != nullptr);
  BOOST_TEST((desk.last<Machine::Pause>()->wait > 0ms));
  desk.reply(Machine::Done{});
  desk.reply(Machine::Resolved{"llama3.1:8b", "d"});
  desk.reply(Machine::Failed{{.code = ErrorCode::first_token_timeout}});
  desk.reply(Machine::Judged{false});
  BOOST_TEST(desk.count<Machine::Heal>() == 1u);
  BOOST_TEST(desk.figures().retries == 1u);
  // So it is where nothing is tried again.
  Desk alone{{.name = "plan"}};
  alone.config.max_retries = 0;
  alone.config.settings(AIRole::overseer).fallback_models.clear();
  alone.go_to(Stage::sending);
  alone.reply(Machine::Failed{{.code = ErrorCode::first_token_timeout}});
  BOOST_TEST(alone.outcome() == "first_token_timeout");
  BOOST_TEST(alone.count<Machine::Heal>() == 1u);
  // An embedding heals nothing.
  Desk embedding{{.name = "e", .heals = false}};
  embedding.go_to(Stage::sending);
  embedding.reply(Machine::Failed{{.code = ErrorCode::first_token_timeout}});
  BOOST_TEST(embedding.count<Machine::Heal>() == 0u);
}

BOOST_AUTO_TEST_CASE(a_failure_that_may_be_repeated_once_is_counted_for_each_model_anew) {
  Desk desk{{.name = "plan"}};
  desk.config.max_retries = 5;
  desk.go_to(Stage::sending);
  const Machine::Failed crashed{{.code = ErrorCode::model_failed}};
  desk.reply(crashed);
  BOOST_REQUIRE(desk.machine.stage() == Stage::pausing);
  desk.reply(Machine::Done{});
  desk.reply(Machine::Resolved{"llama3.1:8b", "d"});
  // What may be repeated more often does not count.
  desk.reply(Machine::Failed{{.code = ErrorCode::connection_lost}});
  BOOST_REQUIRE(desk.machine.stage() == Stage::pausing);
  desk.reply(Machine::Done{});
  desk.reply(Machine::Resolved{"llama3.1:8b", "d"});
  desk.reply(crashed);
  BOOST_REQUIRE(desk.machine.stage() == Stage::resolving);
  desk.reply(Machine::Resolved{"spare:1b", "s"});
  desk.reply(crashed);
  BOOST_TEST(name_of(desk.machine.stage()) == "pausing");
}

BOOST_AUTO_TEST_CASE(a_list_of_models_that_cannot_be_read_costs_an_attempt) {
  Desk desk{{.name = "plan"}};
  desk.config.max_retries = 2;
  desk.go_to(Stage::resolving);
  for (int i = 0; i < 2; ++i) {
    desk.reply(Machine::Failed{{.code = ErrorCode::connection_refused}});
    BOOST_REQUIRE(desk.machine.stage() == Stage::pausing);
    desk.reply(Machine::Done{});
  }
  desk.reply(Machine::Failed{{.code = ErrorCode::connection_refused}});
  BOOST_TEST(desk.outcome() == "connection_refused");
  BOOST_TEST(desk.machine.attempts() == 3u);
}

BOOST_AUTO_TEST_CASE(a_request_of_before_the_break_waits_for_ollama_to_come_back) {
  Desk before{{.name = "plan"}};
  before.go_to(Stage::sending);
  before.now = start + 2s;
  before.reply(Machine::Failed{{.code = ErrorCode::circuit_open, .unsent_for = 1s}});
  BOOST_TEST(name_of(before.machine.stage()) == "pausing");
  Desk after{{.name = "plan"}};
  after.go_to(Stage::sending);
  after.now = start + 2s;
  after.reply(Machine::Failed{{.code = ErrorCode::circuit_open, .unsent_for = 3s}});
  BOOST_TEST(after.outcome() == "circuit_open");
}

BOOST_AUTO_TEST_CASE(a_machine_that_takes_the_place_of_another_takes_no_reply_to_it) {
  Desk desk;
  desk.go_to(Stage::sending);
  const auto old = desk.machine.step();
  desk.machine = Machine{{.name = "plan", .stream = true}, start, {old, desk.machine.attempts()}};
  desk.on(Machine::Begin{.anew = true});
  BOOST_TEST(desk.last<Machine::Admit>()->again);
  desk.on(Machine::Happened{old, Machine::Answered{}});
  BOOST_TEST(desk.outcome() == "open");
  desk.reply(Machine::Admitted{});
  desk.reply(Machine::Resolved{"m", ""});
  BOOST_TEST(desk.last<Machine::Send>()->attempt == 2u);
}

BOOST_AUTO_TEST_CASE(only_what_is_at_ollama_is_broken_off_and_only_a_stream_starts_over) {
  for (const auto stage : stages) {
    Desk desk;
    desk.go_to(stage);
    desk.on(Machine::End{{.code = ErrorCode::shutting_down}});
    BOOST_TEST(desk.count<Machine::Abort>() == (stage == Stage::sending ? 1u : 0u), name_of(stage));
  }
  Desk whole{{.name = "plan"}};
  whole.go_to(Stage::sending);
  whole.reply(Machine::Failed{{.code = ErrorCode::connection_lost}});
  BOOST_TEST(name_of(whole.machine.stage()) == "pausing");
  BOOST_TEST(whole.count<Machine::RestartStream>() == 0u);
  BOOST_TEST(whole.count<Machine::Judge>() == 0u);
  Desk stream;
  stream.go_to(Stage::pausing);
  BOOST_TEST(stream.count<Machine::RestartStream>() == 1u);
}

BOOST_AUTO_TEST_CASE(a_retry_before_anything_was_seen_leaves_the_one_restart_to_be_used) {
  Desk desk;
  desk.config.stream_recovery = StreamRecovery::restart;
  desk.go_to(Stage::pausing);
  BOOST_TEST(!desk.machine.restarted());
  desk.reply(Machine::Done{});
  desk.reply(Machine::Resolved{"llama3.1:8b", "d"});
  desk.reply(Machine::Failed{{.code = ErrorCode::stream_interrupted}});
  desk.reply(Machine::Judged{true});
  BOOST_TEST(desk.outcome() == "open");
  BOOST_TEST(desk.machine.restarted());
}

BOOST_AUTO_TEST_CASE(a_place_is_held_from_its_admission_on) {
  for (const auto stage : {Stage::admitting, Stage::following, Stage::resolving, Stage::sending}) {
    Desk desk;
    desk.go_to(stage);
    BOOST_TEST(desk.machine.holds_place() == (stage == Stage::resolving || stage == Stage::sending),
               name_of(stage));
  }
}

BOOST_AUTO_TEST_CASE(the_first_question_for_a_model_asks_for_nothing_special) {
  Desk desk;
  desk.on(Machine::Begin{});
  BOOST_REQUIRE(desk.last<Machine::Admit>() != nullptr);
  BOOST_TEST(!desk.last<Machine::Admit>()->again);
  BOOST_TEST(!desk.last<Machine::Admit>()->alone);
  desk.reply(Machine::Admitted{});
  BOOST_REQUIRE(desk.last<Machine::Resolve>() != nullptr);
  BOOST_TEST(!desk.last<Machine::Resolve>()->refresh);
  BOOST_TEST(desk.last<Machine::Resolve>()->tried.empty());
  desk.reply(Machine::Resolved{"llama3.1:8b", "d"});
  BOOST_REQUIRE(desk.last<Machine::Send>() != nullptr);
  BOOST_TEST(desk.last<Machine::Send>()->attempt == 1u);
  BOOST_TEST(desk.last<Machine::Send>()->model == "llama3.1:8b");
  BOOST_TEST(desk.last<Machine::Send>()->digest == "d");
  BOOST_TEST(!desk.machine.restarted());
  BOOST_TEST(!desk.machine.last_error().has_value());
}

BOOST_AUTO_TEST_CASE(only_a_model_that_is_missing_makes_the_list_be_read_again) {
  for (const auto code : {ErrorCode::model_not_found, ErrorCode::model_load_failed}) {
    Desk desk;
    desk.config.max_retries = 0;
    desk.go_to(Stage::sending);
    desk.reply(Machine::Failed{{.code = code}});
    desk.reply(Machine::Judged{false});
    BOOST_REQUIRE(desk.last<Machine::Resolve>() != nullptr);
    BOOST_TEST(desk.last<Machine::Resolve>()->refresh == (code == ErrorCode::model_not_found));
    BOOST_REQUIRE(desk.last<Machine::RestartStream>() != nullptr);
    BOOST_TEST(!desk.last<Machine::RestartStream>()->seen_is_void);
    BOOST_TEST(desk.last<Machine::RestartStream>()->attempt == 2u);
    // It is read again once.
    desk.reply(Machine::Lost{"ModelManagerActor"});
    BOOST_REQUIRE(desk.last<Machine::Resolve>() != nullptr);
    BOOST_TEST(!desk.last<Machine::Resolve>()->refresh);
  }
}

BOOST_AUTO_TEST_CASE(a_model_that_was_never_found_is_the_one_of_the_role_for_its_fallback) {
  for (const auto code : {ErrorCode::model_not_found, ErrorCode::remote_model_refused}) {
    Desk desk;
    desk.go_to(Stage::resolving);
    desk.reply(Machine::Failed{{.code = code}});
    BOOST_REQUIRE(desk.last<Machine::Resolve>() != nullptr);
    BOOST_TEST(desk.last<Machine::Resolve>()->tried == std::vector<std::string>{"llama3.1:8b"});
    BOOST_TEST(desk.machine.attempts() == 1u);
    // Where the fallback is missing as well, the first error says more.
    desk.reply(Machine::Failed{{.code = code == ErrorCode::model_not_found
                                            ? ErrorCode::remote_model_refused
                                            : ErrorCode::model_not_found}});
    BOOST_TEST(desk.outcome() == std::string{to_string(code)});
  }
}

BOOST_AUTO_TEST_CASE(a_chunk_that_was_seen_counts_whatever_the_stream_says) {
  Desk desk;
  desk.go_to(Stage::sending);
  desk.on(Machine::ChunkSeen{1});
  desk.reply(Machine::Failed{{.code = ErrorCode::stream_interrupted}});
  desk.reply(Machine::Judged{false});
  BOOST_TEST(desk.outcome() == "stream_interrupted");
  // Before any component is lost, a stream that is lost elsewhere needs no restart.
  Desk waiting;
  waiting.go_to(Stage::pausing);
  const auto told = waiting.count<Machine::RestartStream>();
  waiting.on(Machine::StreamLost{"StreamingActor"});
  BOOST_TEST(waiting.count<Machine::RestartStream>() == told);
  BOOST_TEST(waiting.out.empty());
}

BOOST_AUTO_TEST_CASE(a_model_that_cannot_be_healed_is_waited_for_as_long) {
  Desk failed;
  failed.go_to(Stage::healing);
  failed.reply(Machine::Failed{{.code = ErrorCode::connection_lost}});
  BOOST_REQUIRE(failed.last<Machine::Pause>() != nullptr);
  BOOST_TEST((failed.last<Machine::Pause>()->wait > 0ms));
  Desk lost;
  lost.go_to(Stage::healing);
  lost.reply(Machine::Lost{"ModelManagerActor"});
  BOOST_REQUIRE(lost.last<Machine::Pause>() != nullptr);
  BOOST_TEST((lost.last<Machine::Pause>()->wait == 0ms));
  // Where nothing is tried again, nobody waits for it.
  Desk alone{{.name = "plan"}};
  alone.config.max_retries = 0;
  alone.go_to(Stage::sending);
  alone.reply(Machine::Failed{{.code = ErrorCode::first_token_timeout}});
  BOOST_REQUIRE(alone.last<Machine::Heal>() != nullptr);
  BOOST_TEST(alone.last<Machine::Heal>()->step == 0u);
  // Nor is there a model to heal before one was found.
  Desk unknown{{.name = "plan"}};
  unknown.go_to(Stage::resolving);
  unknown.reply(Machine::Failed{{.code = ErrorCode::first_token_timeout}});
  BOOST_TEST(unknown.count<Machine::Heal>() == 0u);
}

BOOST_AUTO_TEST_CASE(who_is_gone_is_told_apart_from_who_cancels) {
  const auto detail_after = [](const std::vector<Machine::Event>& events) {
    Desk desk;
    desk.go_to(Stage::sending);
    for (const auto& event : events)
      desk.on(event);
    BOOST_REQUIRE(desk.last<Machine::Conclude>() != nullptr);
    return std::get<LLMError>(desk.last<Machine::Conclude>()->outcome).detail;
  };
  BOOST_TEST(detail_after({Machine::Cancelled{}}) == "");
  BOOST_TEST(detail_after({Machine::CallerGone{}}) == "its requester is gone");
  BOOST_TEST(detail_after({Machine::Interest{.listeners = true}, Machine::CallerGone{},
                           Machine::Interest{}}) == "its requester is gone");
}

BOOST_AUTO_TEST_CASE(times_and_attempts_of_another_request_are_its_own) {
  Desk desk{{.name = "b"}};
  desk.go_to(Stage::following);
  desk.now = start + 1s;
  LLMResponse response;
  // It was sent long before this one came.
  response.provenance.total_time = 9s;
  response.provenance.queue_time = 2s;
  desk.reply(Machine::Answered{response});
  const auto& answer = std::get<LLMResponse>(desk.last<Machine::Conclude>()->outcome);
  BOOST_TEST((answer.provenance.queue_time == 0s));
  BOOST_TEST((answer.provenance.total_time == 1s));
  Desk failed{{.name = "b"}};
  failed.go_to(Stage::following);
  failed.reply(Machine::Failed{{.code = ErrorCode::connection_lost, .attempts = 4}});
  BOOST_TEST(std::get<LLMError>(failed.last<Machine::Conclude>()->outcome).attempts == 4u);
  // Without an attempt, all the time was spent in the queue.
  Desk cached;
  cached.go_to(Stage::admitting);
  cached.now = start + 3s;
  cached.reply(Machine::Cached{});
  BOOST_TEST(
      (std::get<LLMResponse>(cached.last<Machine::Conclude>()->outcome).provenance.queue_time ==
       3s));
}

BOOST_AUTO_TEST_CASE(the_first_choice_is_no_fallback_in_whatever_way_it_is_written) {
  const auto falls_back = [](Machine::Order order, const std::string& model) {
    Desk desk{std::move(order)};
    desk.go_to(Stage::resolving);
    desk.reply(Machine::Resolved{model, ""});
    desk.reply(Machine::Answered{});
    return std::get<LLMResponse>(desk.last<Machine::Conclude>()->outcome).provenance.fallback;
  };
  BOOST_TEST(!falls_back({.name = "p"}, "library/llama3.1:8b"));
  BOOST_TEST(falls_back({.name = "p"}, "spare:1b"));
  BOOST_TEST(!falls_back({.name = "p", .model = "owl"}, "owl:latest"));
  BOOST_TEST(falls_back({.name = "p", .model = "owl"}, "llama3.1:8b"));
}

BOOST_AUTO_TEST_CASE(an_action_that_says_nothing_asks_for_nothing_special) {
  BOOST_TEST(Machine::Admit{}.step == 0u);
  BOOST_TEST(!Machine::Admit{}.again);
  BOOST_TEST(!Machine::Admit{}.alone);
  BOOST_TEST(Machine::Follow{}.step == 0u);
  BOOST_TEST(Machine::Resolve{}.step == 0u);
  BOOST_TEST(!Machine::Resolve{}.refresh);
  BOOST_TEST(Machine::Send{}.step == 0u);
  BOOST_TEST(Machine::Send{}.attempt == 0u);
  BOOST_TEST(Machine::Judge{}.step == 0u);
  BOOST_TEST(Machine::Heal{}.step == 0u);
  BOOST_TEST(Machine::Pause{}.step == 0u);
  BOOST_TEST(Machine::RestartStream{}.attempt == 0u);
  BOOST_TEST(!Machine::RestartStream{}.seen_is_void);
  BOOST_TEST(!Machine::AnswerCaller{}.end_stream);
  BOOST_TEST(Machine::Happened{}.step == 0u);
  BOOST_TEST(Machine::ChunkSeen{}.attempt == 0u);
  BOOST_TEST(!Machine::Judged{}.seen);
  BOOST_TEST(!Machine::Begin{}.anew);
  BOOST_TEST(!Machine::Interest{}.followers);
  BOOST_TEST(!Machine::Interest{}.listeners);
  const Machine fresh{{}, start, {}};
  BOOST_TEST(fresh.step() == 0u);
  BOOST_TEST(fresh.attempts() == 0u);
  BOOST_TEST(fresh.has_caller());
  BOOST_TEST(!fresh.seen());
  BOOST_TEST(!fresh.restarted());
  BOOST_TEST(!fresh.holds_place());
}

BOOST_AUTO_TEST_CASE(who_names_a_model_gets_no_other) {
  for (auto order : {Machine::Order{.name = "plan", .model = "llama3.1:8b"},
                     Machine::Order{.name = "vectors", .falls_back = false}}) {
    Desk desk{std::move(order)};
    desk.config.max_retries = 0;
    desk.go_to(Stage::sending);
    desk.reply(Machine::Failed{{.code = ErrorCode::model_load_failed}});
    BOOST_TEST(desk.outcome() == "model_load_failed");
    BOOST_TEST(desk.figures().fallbacks == 0u);
  }
}

BOOST_AUTO_TEST_CASE(a_fallback_is_tried_once) {
  Desk desk{{.name = "plan"}};
  desk.config.max_retries = 0;
  desk.go_to(Stage::sending);
  const Machine::Failed failed{{.code = ErrorCode::model_load_failed}};
  desk.reply(failed);
  BOOST_REQUIRE(desk.last<Machine::Resolve>() != nullptr);
  desk.reply(Machine::Resolved{"spare:1b", "s"});
  desk.reply(failed);
  BOOST_TEST(desk.outcome() == "model_load_failed");
  BOOST_TEST(desk.figures().fallbacks == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
