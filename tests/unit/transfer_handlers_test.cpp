// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <new>

#include "actors/ollama_client/pull_tally.hpp"
#include "actors/ollama_client/transfer_handlers.hpp"
#include "tests/unit/support.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;
using Failure = HttpOutcome::Failure;

namespace transfer_handlers_test {

namespace {

const ExchangeSubject subject{"m", "http://localhost:11434"};

struct Inbox {
  int notified = 0;
  bool has_memory = true;
  std::shared_ptr<TransferInbox> inbox = std::make_shared<TransferInbox>([this] {
    if (!has_memory)
      throw std::bad_alloc{};
    ++notified;
  });

  std::unique_ptr<TransferHandler> stream() {
    LLMRequest request;
    request.model = "m";
    return make_stream_handler(1, AnswerCollector{request, Limits{}, subject}, inbox);
  }
  /// What a download comes to after `bytes`.
  Result<Ack> pulled(std::string_view bytes, const HttpOutcome& outcome) {
    const auto handler = make_pull_handler(3, subject, ErrorCode::registry_failed, inbox);
    static_cast<void>(handler->on_bytes(outcome.status, bytes));
    handler->on_read_done();
    handler->on_finished(outcome);
    const auto events = inbox->take();
    BOOST_REQUIRE(!events.empty());
    BOOST_REQUIRE(events.back().pulled);
    return *events.back().pulled;
  }
};

const std::string piece = "{\"response\":\"a\",\"done\":false}\n";
const std::string end = "{\"response\":\"b\",\"done\":true}\n";
const std::string pulling = "{\"status\":\"pulling manifest\"}\n";

} // namespace

BOOST_FIXTURE_TEST_SUITE(transfer_handlers, Inbox)

BOOST_AUTO_TEST_CASE(each_read_brings_its_pieces_together) {
  const auto handler = stream();
  BOOST_TEST(handler->on_bytes(200, piece));
  BOOST_TEST(handler->on_bytes(200, piece));
  BOOST_TEST(inbox->take().empty());
  handler->on_read_done();
  handler->on_read_done();
  const auto events = inbox->take();
  BOOST_REQUIRE_EQUAL(events.size(), 1u);
  BOOST_TEST(events[0].id == 1u);
  BOOST_TEST(events[0].chunks.size() == 2u);
  BOOST_TEST(!events[0].answer.has_value());
  BOOST_TEST(!events[0].file_sent);
}

BOOST_AUTO_TEST_CASE(the_answer_comes_once_and_as_soon_as_it_is_done) {
  const auto handler = stream();
  BOOST_TEST(handler->on_bytes(200, piece + end));
  handler->on_read_done();
  auto events = inbox->take();
  BOOST_REQUIRE_EQUAL(events.size(), 1u);
  BOOST_REQUIRE(events[0].answer);
  BOOST_TEST((*events[0].answer)->response == "ab");
  BOOST_TEST(!events[0].outcome);
  handler->on_finished({.failure = Failure::cut, .status = 200});
  events = inbox->take();
  BOOST_REQUIRE_EQUAL(events.size(), 1u);
  BOOST_TEST(!events[0].answer.has_value());
  BOOST_TEST(events[0].outcome.has_value());
}

BOOST_AUTO_TEST_CASE(an_answer_without_a_last_line_break_comes_with_the_end) {
  const auto handler = stream();
  BOOST_TEST(handler->on_bytes(200, piece + end.substr(0, end.size() - 1)));
  handler->on_finished({.status = 200, .answer_began = true});
  const auto events = inbox->take();
  BOOST_REQUIRE_EQUAL(events.size(), 1u);
  BOOST_TEST(events[0].chunks.size() == 2u);
  BOOST_TEST((*events[0].answer)->response == "ab");
}

BOOST_AUTO_TEST_CASE(a_server_that_talks_on_after_the_end_is_stopped) {
  const auto handler = stream();
  BOOST_TEST(handler->on_bytes(200, end));
  const std::string surplus(10'000, ' ');
  int blocks = 0;
  while (blocks < 100 && handler->on_bytes(200, surplus))
    ++blocks;
  BOOST_TEST(blocks < 10);
  // As much as may be on its way already does no harm.
  const auto patient = stream();
  BOOST_TEST(patient->on_bytes(200, end));
  BOOST_TEST(patient->on_bytes(200, std::string(64 * 1024, ' ')));
  BOOST_TEST(!patient->on_bytes(200, " "));
}

BOOST_AUTO_TEST_CASE(the_sending_of_a_file_is_told_ten_times_a_second_at_most) {
  const auto handler = make_body_handler(2, 10, inbox);
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i)
    handler->on_file_sent();
  const auto taken = std::chrono::steady_clock::now() - begun;
  const auto events = inbox->take();
  BOOST_REQUIRE(!events.empty());
  BOOST_TEST(events[0].id == 2u);
  BOOST_TEST(events[0].file_sent);
  BOOST_TEST(static_cast<long>(events.size()) <= 1 + taken / std::chrono::milliseconds{100});
}

BOOST_AUTO_TEST_CASE(what_nobody_can_be_notified_of_is_not_in_the_inbox) {
  has_memory = false;
  BOOST_CHECK_THROW(inbox->push({.id = 1}), std::bad_alloc);
  BOOST_TEST(inbox->take().empty());
  has_memory = true;
  inbox->push({.id = 2});
  BOOST_TEST(notified == 1);
  BOOST_TEST(inbox->take().size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_answer_that_was_lost_for_a_lack_of_memory_is_an_error) {
  const HttpOutcome lack{.failure = Failure::no_memory, .status = 200, .answer_began = true};
  for (const auto& bytes : {piece + end, piece}) {
    const auto handler = stream();
    BOOST_TEST(handler->on_bytes(200, bytes));
    has_memory = false;
    BOOST_CHECK_THROW(handler->on_read_done(), std::bad_alloc);
    BOOST_CHECK_THROW(handler->on_finished(lack), std::bad_alloc);
    has_memory = true;
    handler->on_finished(lack);
    const auto events = inbox->take();
    BOOST_REQUIRE_EQUAL(events.size(), 1u);
    BOOST_TEST(code_of(events[0].answer.value()) == ErrorCode::resources_exhausted);
    BOOST_TEST(events[0].outcome.has_value());
  }
}

BOOST_AUTO_TEST_CASE(an_event_that_says_nothing_tells_nothing) {
  const TransferEvent event;
  BOOST_TEST(event.id == 0u);
  BOOST_TEST(!event.file_sent);
  const HttpOutcome outcome;
  BOOST_CHECK(outcome.failure == Failure::none);
  BOOST_TEST(outcome.status == 0);
  BOOST_TEST(!outcome.answer_began);
  const response_parser::PullLine line;
  BOOST_TEST(line.total == 0u);
  BOOST_TEST(line.completed == 0u);
  const response_parser::Piece part;
  BOOST_TEST(!part.marked);
  BOOST_TEST(!part.done);
}

BOOST_AUTO_TEST_CASE(a_body_is_gathered_up_to_its_bound) {
  const auto handler = make_body_handler(2, 10, inbox);
  BOOST_TEST(handler->on_bytes(200, "12345"));
  BOOST_TEST(handler->on_bytes(200, "67890"));
  BOOST_TEST(!handler->on_bytes(200, "x"));
  handler->on_finished({.failure = Failure::stopped, .status = 200});
  const auto events = inbox->take();
  BOOST_REQUIRE_EQUAL(events.size(), 1u);
  BOOST_TEST(*events[0].body == "1234567890");
  BOOST_CHECK(events[0].outcome->failure == Failure::stopped);
}

BOOST_AUTO_TEST_CASE(a_burst_of_events_notifies_once) {
  for (TransferId id = 1; id <= 5; ++id)
    inbox->push({.id = id});
  BOOST_TEST(notified == 1);
  BOOST_TEST(inbox->take().size() == 5u);
  BOOST_TEST(inbox->take().empty());
  inbox->push({.id = 6});
  BOOST_TEST(notified == 2);
  // What was taken may serve as the memory of what comes, and does not come again.
  auto taken = inbox->take();
  BOOST_TEST(inbox->take(std::move(taken)).empty());
  BOOST_TEST(inbox->take().empty());
}

BOOST_AUTO_TEST_CASE(a_download_succeeds_only_where_success_is_its_last_word) {
  const HttpOutcome whole{.status = 200, .answer_began = true};
  BOOST_TEST(pulled(pulling + "{\"status\":\"success\"}\n", whole).has_value());
  BOOST_TEST(pulled(pulling + "{\"status\":\"success\"}", whole).has_value());
  BOOST_TEST(code_of(pulled(pulling, whole)) == ErrorCode::stream_incomplete);
  BOOST_TEST(code_of(pulled("", whole)) == ErrorCode::stream_incomplete);
  BOOST_TEST(code_of(pulled("{\"status\":\"success\"}\n" + pulling, whole)) ==
             ErrorCode::stream_incomplete);
}

BOOST_AUTO_TEST_CASE(a_download_is_told_with_each_read_that_brings_a_line) {
  const auto handler = make_pull_handler(3, subject, ErrorCode::registry_failed, inbox);
  BOOST_TEST(handler->on_bytes(200, pulling + pulling + "{\"sta"));
  handler->on_read_done();
  const auto events = inbox->take();
  BOOST_REQUIRE_EQUAL(events.size(), 1u);
  BOOST_TEST(events[0].pull_lines.size() == 2u);
  handler->on_read_done();
  BOOST_TEST(inbox->take().empty());
}

BOOST_AUTO_TEST_CASE(a_download_that_fails_says_why) {
  const HttpOutcome whole{.status = 200, .answer_began = true};
  BOOST_TEST(code_of(pulled(pulling + "{\"error\":\"pull model manifest: file does not exist\"}\n",
                            whole)) == ErrorCode::model_not_in_registry);
  BOOST_TEST(code_of(pulled(pulling + "nonsense\n", whole)) == ErrorCode::bad_response);
  BOOST_TEST(code_of(pulled(R"({"error":"invalid model name"})", {.status = 400})) ==
             ErrorCode::bad_request);
  BOOST_TEST(code_of(pulled("", {.failure = Failure::refused})) == ErrorCode::connection_refused);
  // A server that fails says of the registry what went wrong there; without words it has failed.
  const auto failed = pulled(R"({"error":"no route to the registry"})", {.status = 500});
  BOOST_TEST(code_of(failed) == ErrorCode::registry_failed);
  BOOST_TEST(failed.error().reason == "no route to the registry");
  BOOST_TEST(code_of(pulled("", {.status = 500})) == ErrorCode::server_error);
}

BOOST_AUTO_TEST_CASE(a_download_that_is_cut_is_interrupted_also_within_a_line) {
  const HttpOutcome cut{.failure = Failure::cut, .status = 200, .answer_began = true};
  BOOST_TEST(code_of(pulled(pulling, cut)) == ErrorCode::stream_interrupted);
  BOOST_TEST(code_of(pulled(pulling + "{\"status\":\"pul", cut)) == ErrorCode::stream_interrupted);
}

BOOST_AUTO_TEST_CASE(a_download_with_an_endless_line_is_stopped_and_not_called_incomplete) {
  const auto result = pulled(std::string((1u << 20) + 1, 'x'),
                             {.failure = Failure::stopped, .status = 200, .answer_began = true});
  BOOST_TEST(code_of(result) == ErrorCode::response_too_large);
  BOOST_TEST(result.error().subject == "m");
  // One of just that length is read, and is no object.
  const auto longest = make_pull_handler(3, subject, ErrorCode::registry_failed, inbox);
  BOOST_TEST(longest->on_bytes(200, std::string(1u << 20, 'x')));
  BOOST_TEST(!longest->on_bytes(200, "\n"));
}

BOOST_AUTO_TEST_CASE(the_body_of_a_download_that_was_refused_is_kept_up_to_its_bound) {
  const auto handler = make_pull_handler(3, subject, ErrorCode::registry_failed, inbox);
  BOOST_TEST(handler->on_bytes(404, std::string((1u << 20) - 1, ' ')));
  BOOST_TEST(!handler->on_bytes(404, " "));
  BOOST_TEST(!handler->on_bytes(404, " "));
  // What does not fit is no part of it.
  const std::string words = R"({"error":"model 'm' not found"})";
  const auto cut = make_pull_handler(3, subject, ErrorCode::registry_failed, inbox);
  BOOST_TEST(cut->on_bytes(404, words + std::string((1u << 20) - 1 - words.size(), ' ')));
  BOOST_TEST(!cut->on_bytes(404, " surplus"));
  cut->on_finished({.failure = Failure::stopped, .status = 404});
  const auto events = inbox->take();
  BOOST_REQUIRE_EQUAL(events.size(), 1u);
  BOOST_TEST(code_of(events[0].pulled.value()) == ErrorCode::model_not_found);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(pull_tally)

BOOST_AUTO_TEST_CASE(progress_is_summed_over_the_layers) {
  PullTally tally{"m"};
  tally.add({.status = "pulling manifest"});
  BOOST_TEST(tally.progress().model == "m");
  BOOST_TEST(tally.progress().total == 0u);
  tally.add({"pulling a", "a", 100, 0});
  tally.add({"pulling a", "a", 100, 60});
  tally.add({"pulling b", "b", 10, 10});
  BOOST_TEST(tally.progress().total == 110u);
  BOOST_TEST(tally.progress().completed == 70u);
  tally.add({.status = "success"});
  BOOST_TEST(tally.progress().status == "success");
  BOOST_TEST(tally.progress().completed == 70u);
}

BOOST_AUTO_TEST_CASE(only_what_is_told_of_a_layer_counts) {
  PullTally tally{"m"};
  tally.add({"copying", "", 100, 50});
  BOOST_TEST(tally.progress().status == "copying");
  BOOST_TEST(tally.progress().total == 0u);
  BOOST_TEST(tally.progress().completed == 0u);
}

BOOST_AUTO_TEST_CASE(a_part_that_is_fetched_again_takes_its_progress_back) {
  PullTally tally{"m"};
  tally.add({"pulling a", "a", 100, 80});
  tally.add({"pulling b", "b", 50, 20});
  tally.add({"pulling a", "a", 100, 30});
  BOOST_TEST(tally.progress().completed == 50u);
  BOOST_TEST(tally.progress().total == 150u);
  tally.add({"pulling a", "a", 90, 90});
  BOOST_TEST(tally.progress().total == 140u);
  BOOST_TEST(tally.progress().completed == 110u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace transfer_handlers_test
