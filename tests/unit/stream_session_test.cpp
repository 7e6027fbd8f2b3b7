// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "actors/streaming/stream_session.hpp"
#include "tests/unit/stream_listener.hpp"
#include "tests/unit/support.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;

namespace stream_session_test {

namespace {

constexpr std::uint32_t attempt = 1;
const LLMError broken{.code = ErrorCode::stream_interrupted, .subject = "m"};

/// A session whose deliveries go to listeners that check the protocol.
struct Stage {
  StreamSession session{attempt, 2};
  std::map<StreamSession::Key, StreamListener> listeners;

  void deliver(const StreamSession::Deliveries& deliveries) {
    for (const auto& delivery : deliveries)
      listeners[delivery.key].receive(delivery.message);
  }
  void subscribe(StreamSession::Key key, std::string id = "r") {
    deliver(session.subscribe(key, {std::move(id)}));
  }
  void push(const std::string& text, std::uint32_t of_attempt = attempt) {
    deliver(session.on_chunks(of_attempt, {piece(text)}));
  }
  void finish(const std::string& text) { deliver(session.finish(response(text))); }
  void fail(const LLMError& error = broken) { deliver(session.fail(error)); }
  void handled(StreamSession::Key key) { deliver(session.on_handled(key, 1)); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(stream_session, Stage)

BOOST_AUTO_TEST_CASE(a_listener_gets_every_piece_and_one_end) {
  subscribe(1);
  push("a");
  handled(1);
  push("b");
  handled(1);
  finish("ab");
  BOOST_TEST(listeners[1].text == "ab");
  BOOST_TEST(listeners[1].chunks == 3u);
  BOOST_TEST(listeners[1].ends == 1);
  BOOST_TEST(listeners[1].final->response == "ab");
  BOOST_TEST(!listeners[1].final->provenance.shared);
  BOOST_TEST(session.ended());
  BOOST_TEST(session.drained());
}

BOOST_AUTO_TEST_CASE(a_listener_without_credit_gets_the_rest_in_one_piece) {
  subscribe(1);
  for (const auto* text : {"a", "b", "c", "d", "e"})
    push(text);
  BOOST_TEST(listeners[1].text == "ab");
  finish("abcde");
  BOOST_TEST(!session.drained());
  handled(1);
  BOOST_TEST(listeners[1].text == "abcde");
  BOOST_TEST(listeners[1].chunks == 3u);
  BOOST_TEST(listeners[1].ends == 1);
  BOOST_TEST(session.drained());
}

BOOST_AUTO_TEST_CASE(a_late_listener_first_gets_the_text_so_far) {
  push("a");
  push("b");
  subscribe(1, "other");
  BOOST_TEST(listeners[1].text == "ab");
  BOOST_TEST(listeners[1].chunks == 1u);
  push("c");
  handled(1);
  finish("abc");
  BOOST_TEST(listeners[1].text == "abc");
}

BOOST_AUTO_TEST_CASE(a_listener_that_comes_after_the_end_gets_everything) {
  push("a");
  finish("ab");
  subscribe(1);
  BOOST_TEST(listeners[1].text == "ab");
  BOOST_TEST(listeners[1].ends == 1);
  BOOST_TEST(session.drained());
}

BOOST_AUTO_TEST_CASE(a_listener_that_comes_after_a_failure_gets_the_text_and_the_error) {
  push("a");
  fail();
  subscribe(1);
  BOOST_TEST(listeners[1].text == "a");
  BOOST_TEST(listeners[1].ends == 1);
  BOOST_TEST(listeners[1].error->partial == "a");
}

BOOST_AUTO_TEST_CASE(the_first_failure_is_the_one_that_is_told) {
  fail();
  fail({.code = ErrorCode::shutting_down});
  subscribe(1);
  BOOST_TEST(listeners[1].error->code == ErrorCode::stream_interrupted);
}

BOOST_AUTO_TEST_CASE(a_failure_carries_the_partial_text_and_waits_for_what_is_pending) {
  subscribe(1);
  for (const auto* text : {"a", "b", "c"})
    push(text);
  fail();
  BOOST_TEST(listeners[1].ends == 0);
  BOOST_TEST(!session.drained());
  handled(1);
  BOOST_TEST(listeners[1].text == "abc");
  BOOST_TEST(listeners[1].ends == 1);
  BOOST_TEST(listeners[1].error->code == ErrorCode::stream_interrupted);
  BOOST_TEST(listeners[1].error->partial == "abc");
  BOOST_TEST(session.drained());
}

BOOST_AUTO_TEST_CASE(an_error_needs_no_credit) {
  subscribe(1);
  push("a");
  push("b");
  fail();
  BOOST_TEST(listeners[1].ends == 1);
}

BOOST_AUTO_TEST_CASE(a_partial_text_that_the_error_brings_is_kept) {
  subscribe(1);
  push("a");
  auto error = broken;
  error.partial = "a and more";
  fail(error);
  BOOST_TEST(listeners[1].error->partial == "a and more");
}

BOOST_AUTO_TEST_CASE(nothing_follows_an_end) {
  subscribe(1);
  finish("a");
  fail();
  finish("a");
  push("b");
  handled(1);
  handled(1);
  BOOST_TEST(listeners[1].ends == 1);
  BOOST_TEST(listeners[1].text == "a");
  BOOST_TEST(session.progress({.phase = Phase::loading}).empty());
}

BOOST_AUTO_TEST_CASE(pieces_of_another_attempt_are_ignored) {
  subscribe(1);
  push("stale", attempt + 1);
  push("stale", attempt - 1);
  BOOST_TEST(listeners[1].text == "");
  BOOST_TEST(!session.begun());
}

BOOST_AUTO_TEST_CASE(pieces_without_content_are_not_passed_on) {
  subscribe(1);
  push("");
  BOOST_TEST(listeners[1].chunks == 0u);
  BOOST_TEST(!session.begun());
}

BOOST_AUTO_TEST_CASE(a_restart_before_anything_was_seen_is_called_a_retry) {
  subscribe(1);
  push("");
  deliver(session.restart(2, false, broken));
  BOOST_CHECK(listeners[1].phases == std::vector{Phase::retrying});
  BOOST_TEST(listeners[1].reason->code == ErrorCode::stream_interrupted);
}

BOOST_AUTO_TEST_CASE(a_restart_after_something_was_seen_voids_it_and_counts_anew) {
  subscribe(1);
  push("old");
  handled(1);
  deliver(session.restart(2, false, broken));
  BOOST_CHECK(listeners[1].phases == (std::vector{Phase::first_token, Phase::restarted}));
  push("stale", 1);
  push("new", 2);
  handled(1);
  finish("new");
  BOOST_TEST(listeners[1].text == "new");
  BOOST_TEST(listeners[1].ends == 1);
}

BOOST_AUTO_TEST_CASE(a_restart_is_called_one_where_the_owner_says_that_something_was_seen) {
  subscribe(1);
  deliver(session.restart(2, true, broken));
  BOOST_CHECK(listeners[1].phases == std::vector{Phase::restarted});
}

BOOST_AUTO_TEST_CASE(what_waits_at_a_restart_is_never_sent) {
  subscribe(1);
  for (const auto* text : {"a", "b", "pending"})
    push(text);
  deliver(session.restart(2, false, broken));
  handled(1);
  handled(1);
  BOOST_TEST(listeners[1].text == "");
  push("new", 2);
  BOOST_TEST(listeners[1].text == "new");
}

BOOST_AUTO_TEST_CASE(a_failure_after_a_restart_tells_only_the_new_text_as_partial) {
  subscribe(1);
  push("old");
  deliver(session.restart(2, false, broken));
  push("new", 2);
  fail();
  handled(1);
  BOOST_TEST(listeners[1].error->partial == "new");
}

BOOST_AUTO_TEST_CASE(listeners_under_another_id_are_told_that_they_share) {
  subscribe(1, "r");
  subscribe(2, "other");
  push("a");
  finish("a");
  BOOST_TEST(!listeners[1].final->provenance.shared);
  BOOST_TEST(listeners[2].final->provenance.shared);
  BOOST_TEST(listeners[1].id == "r");
  BOOST_TEST(listeners[2].id == "other");
  BOOST_TEST(listeners[2].final->id.value == "other");
}

BOOST_AUTO_TEST_CASE(a_listener_that_left_gets_nothing_and_holds_nothing_up) {
  subscribe(1);
  subscribe(2);
  push("a");
  session.unsubscribe(1);
  session.unsubscribe(7);
  BOOST_TEST(session.subscriber_count() == 1u);
  push("b");
  handled(1);
  finish("ab");
  BOOST_TEST(listeners[1].text == "a");
  handled(2);
  BOOST_TEST(listeners[2].text == "ab");
  BOOST_TEST(session.drained());
}

BOOST_AUTO_TEST_CASE(a_listener_that_is_dismissed_hears_why_and_nothing_after_it) {
  subscribe(1);
  subscribe(2, "other");
  push("a");
  deliver(session.dismiss(2, {.code = ErrorCode::cancelled}));
  BOOST_TEST(listeners[2].ends == 1);
  BOOST_TEST(listeners[2].id == "other");
  BOOST_TEST(listeners[2].error->partial == "a");
  BOOST_TEST(session.dismiss(2, {.code = ErrorCode::cancelled}).empty());
  push("b");
  handled(1);
  handled(2);
  finish("ab");
  handled(1);
  BOOST_TEST(listeners[1].text == "ab");
  BOOST_TEST(session.drained());
}

BOOST_AUTO_TEST_CASE(one_that_has_had_its_end_is_dismissed_without_another) {
  subscribe(1);
  finish("a");
  BOOST_TEST(listeners[1].ends == 1);
  BOOST_TEST(session.dismiss(1, {.code = ErrorCode::cancelled}).empty());
}

BOOST_AUTO_TEST_CASE(closing_ends_it_for_everybody_who_still_waits_credit_or_not) {
  subscribe(1);
  subscribe(2);
  for (const auto* text : {"a", "b", "c"})
    push(text);
  handled(1);
  finish("abc");
  handled(1);
  BOOST_TEST(listeners[1].ends == 1);
  BOOST_TEST(listeners[2].ends == 0);
  deliver(session.close({.code = ErrorCode::shutting_down}));
  BOOST_TEST(listeners[1].ends == 1);
  BOOST_TEST(listeners[2].ends == 1);
  BOOST_TEST(listeners[2].error->partial == "abc");
  BOOST_TEST(to_string(listeners[2].error->code) == "shutting_down");
  BOOST_TEST(session.close({.code = ErrorCode::shutting_down}).empty());
}

BOOST_AUTO_TEST_CASE(closing_after_a_failure_tells_the_failure) {
  subscribe(1);
  for (const auto* text : {"a", "b", "c"})
    push(text);
  fail();
  BOOST_TEST(listeners[1].ends == 0);
  deliver(session.close({.code = ErrorCode::shutting_down}));
  BOOST_TEST(to_string(listeners[1].error->code) == "stream_interrupted");
}

BOOST_AUTO_TEST_CASE(subscribing_twice_changes_nothing) {
  push("a");
  subscribe(1);
  BOOST_TEST(session.subscribe(1, {"again"}).empty());
  BOOST_TEST(session.subscriber_count() == 1u);
}

BOOST_AUTO_TEST_CASE(the_first_token_is_told_once_and_nothing_earlier_after_it) {
  subscribe(1);
  deliver(session.progress({.phase = Phase::loading}));
  push("a");
  push("b");
  deliver(session.progress({.phase = Phase::loading}));
  deliver(session.progress({.phase = Phase::queued, .queue_position = 1}));
  BOOST_CHECK(listeners[1].phases == (std::vector{Phase::loading, Phase::first_token}));
}

BOOST_AUTO_TEST_CASE(an_answer_that_the_session_saw_nothing_of_is_passed_on_whole) {
  subscribe(1);
  auto whole = response("text");
  whole.thinking = "thought";
  whole.tool_calls = {{"1", "f", "{}"}};
  deliver(session.finish(whole));
  handled(1);
  BOOST_TEST(listeners[1].text == "text");
  BOOST_TEST(listeners[1].thinking == "thought");
  BOOST_TEST(listeners[1].tool_calls == 1u);
}

BOOST_AUTO_TEST_CASE(an_end_in_the_middle_of_the_wire_s_pieces_is_not_an_end_yet) {
  subscribe(1);
  auto last = piece("a");
  last.done = true;
  deliver(session.on_chunks(attempt, {last}));
  BOOST_TEST(listeners[1].ends == 0);
  BOOST_TEST(listeners[1].text == "a");
}

BOOST_AUTO_TEST_CASE(the_first_chunk_of_a_late_listener_names_the_model) {
  push("a");
  const auto late = session.subscribe(1, {"other"});
  BOOST_REQUIRE(late.size() == 1u);
  BOOST_TEST(std::get<LLMStreamChunk>(late.front().message).model == "m");
  deliver(late);
  // After the end it is that of the answer.
  auto whole = response("ab");
  whole.model = "spare";
  deliver(session.finish(whole));
  const auto after = session.subscribe(2, {"r"});
  BOOST_REQUIRE(after.size() == 1u);
  BOOST_TEST(std::get<LLMStreamChunk>(after.front().message).model == "spare");
}

BOOST_AUTO_TEST_CASE(the_end_names_the_model_of_the_answer) {
  auto whole = response("");
  whole.model = "spare";
  subscribe(1);
  const auto end = session.finish(whole);
  BOOST_REQUIRE(end.size() == 2u);
  BOOST_TEST(std::get<RequestProgress>(end[0].message).model == "spare");
  BOOST_TEST(std::get<LLMStreamChunk>(end[1].message).model == "spare");
}

BOOST_AUTO_TEST_CASE(whoever_comes_after_the_end_gets_thinking_and_tool_calls_as_well) {
  auto first = piece("te");
  first.thinking = "thou";
  first.tool_calls = {{"1", "f", "{}"}};
  first.logprobs.resize(1);
  deliver(session.on_chunks(attempt, {first}));
  auto whole = response("text");
  whole.thinking = "thought";
  whole.tool_calls = {{"1", "f", "{}"}, {"2", "g", "{}"}};
  whole.logprobs.resize(3);
  deliver(session.finish(whole));
  const auto late = session.subscribe(1, {"other"});
  BOOST_REQUIRE(late.size() == 1u);
  const auto& chunk = std::get<LLMStreamChunk>(late.front().message);
  BOOST_TEST(chunk.response == "text");
  BOOST_TEST(chunk.thinking == "thought");
  BOOST_CHECK(chunk.tool_calls == whole.tool_calls);
  BOOST_CHECK(chunk.logprobs == whole.logprobs);
  BOOST_TEST(chunk.done);
}

BOOST_AUTO_TEST_CASE(a_listener_that_was_there_gets_only_what_it_has_not_had) {
  subscribe(1);
  auto first = piece("te");
  first.thinking = "thou";
  first.tool_calls = {{"1", "f", "{}"}};
  first.logprobs.resize(1);
  deliver(session.on_chunks(attempt, {first}));
  auto whole = response("text");
  whole.thinking = "thought";
  whole.tool_calls = {{"1", "f", "{}"}, {"2", "g", "{}"}};
  whole.logprobs.resize(3);
  const auto rest = session.finish(whole);
  // Progress, and all that was missing with the end or before it.
  LLMStreamChunk sum;
  for (const auto& delivery : rest)
    if (const auto* chunk = std::get_if<LLMStreamChunk>(&delivery.message))
      sum.append(*chunk);
  for (const auto& delivery : session.on_handled(1, 1))
    if (const auto* chunk = std::get_if<LLMStreamChunk>(&delivery.message))
      sum.append(*chunk);
  BOOST_TEST(sum.response == "xt");
  BOOST_TEST(sum.thinking == "ght");
  BOOST_TEST(sum.tool_calls.size() == 1u);
  BOOST_TEST(sum.tool_calls.front().id == "2");
  BOOST_TEST(sum.logprobs.size() == 2u);
}

BOOST_AUTO_TEST_CASE(progress_tells_the_attempt_and_the_model) {
  subscribe(1);
  deliver(session.restart(3, false, broken));
  const auto begun = session.on_chunks(3, {piece("a")});
  BOOST_REQUIRE(begun.size() == 2u);
  const auto& first_token = std::get<RequestProgress>(begun[0].message);
  BOOST_CHECK(
      first_token ==
      (RequestProgress{.id = {"r"}, .phase = Phase::first_token, .attempt = 3, .model = "m"}));
  const auto told = session.restart(4, true, broken);
  BOOST_REQUIRE(told.size() == 1u);
  BOOST_CHECK(
      std::get<RequestProgress>(told[0].message) ==
      (RequestProgress{.id = {"r"}, .phase = Phase::restarted, .attempt = 4, .reason = broken}));
  const auto end = session.finish(response("b"));
  BOOST_REQUIRE(end.size() == 2u);
  BOOST_CHECK(std::get<RequestProgress>(end[0].message) ==
              (RequestProgress{.id = {"r"}, .phase = Phase::done, .attempt = 4, .model = "m"}));
}

BOOST_AUTO_TEST_CASE(an_answer_that_was_shared_already_stays_so_for_everybody) {
  subscribe(1, "r");
  auto whole = response("a");
  whole.provenance.shared = true;
  deliver(session.finish(whole));
  BOOST_TEST(listeners[1].final->provenance.shared);
}

BOOST_AUTO_TEST_CASE(an_answer_that_holds_less_than_was_seen_adds_nothing) {
  subscribe(1);
  auto seen = piece("text");
  seen.thinking = "thought";
  seen.tool_calls = {{"1", "f", "{}"}};
  seen.logprobs.resize(2);
  deliver(session.on_chunks(attempt, {seen}));
  handled(1);
  auto whole = response("te");
  whole.thinking = "th";
  whole.logprobs.resize(1);
  deliver(session.finish(whole));
  BOOST_TEST(listeners[1].text == "text");
  BOOST_TEST(listeners[1].thinking == "thought");
  BOOST_TEST(listeners[1].tool_calls == 1u);
  BOOST_TEST(listeners[1].ends == 1);
}

BOOST_AUTO_TEST_CASE(only_the_first_chunk_after_a_restart_is_marked) {
  subscribe(1);
  push("old");
  handled(1);
  deliver(session.restart(2, true, broken));
  std::vector<bool> marks;
  for (const auto* text : {"a", "b"}) {
    for (const auto& delivery : session.on_chunks(2, {piece(text)}))
      if (const auto* chunk = std::get_if<LLMStreamChunk>(&delivery.message))
        marks.push_back(chunk->restarted);
    static_cast<void>(session.on_handled(1, 1));
  }
  BOOST_CHECK(marks == (std::vector{true, false}));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace stream_session_test
