// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <deque>
#include <map>
#include <random>
#include <variant>

#include "actors/streaming/conflating_queue.hpp"
#include "actors/streaming/stream_session.hpp"
#include "tests/unit/stream_listener.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;

namespace stream_session_property_test {

namespace {

/// One random life of a stream: pieces, late joins, credits, restarts and an end, in any order.
class RandomLife {
public:
  explicit RandomLife(std::uint32_t seed)
      : random_{seed}, window_{chance(2) == 0 ? chance(3) + 1 : chance(20) + 1}, session_{1,
                                                                                          window_} {
  }

  void run() {
    for (int step = 0; step < 60; ++step)
      take_step();
    end();
    while (!session_.drained())
      give_credit();
    for (const auto& [key, listener] : listeners_)
      check(listener);
  }

private:
  std::uint32_t chance(std::uint32_t among) {
    return static_cast<std::uint32_t>(random_() % among);
  }

  void deliver(const StreamSession::Deliveries& deliveries) {
    for (const auto& delivery : deliveries) {
      auto& listener = listeners_[delivery.key];
      listener.receive(delivery.message);
      if (std::holds_alternative<LLMStreamChunk>(delivery.message))
        unhandled_[delivery.key].push_back(delivery.acknowledges);
      BOOST_REQUIRE(unhandled_[delivery.key].size() <= window_);
    }
  }
  void take_step() {
    switch (chance(12)) {
    case 0:
      join();
      break;
    case 1:
      if (chance(8) == 0)
        restart();
      break;
    case 2:
    case 3:
    case 4:
      give_credit();
      break;
    default:
      push();
    }
  }
  void join() {
    const auto key = next_key_++;
    listeners_[key];
    deliver(session_.subscribe(key, {chance(2) == 0 ? "r" : "other"}));
  }
  void push() {
    std::vector<LLMStreamChunk> pieces;
    for (auto count = chance(3) + 1; count > 0; --count) {
      const std::string text(chance(4), static_cast<char>('a' + chance(26)));
      pieces.push_back(piece(text));
      pieces.back().thinking = std::string(chance(2), 't');
      text_ += text;
      thinking_ += pieces.back().thinking;
    }
    deliver(session_.on_chunks(attempt_, pieces));
    deliver(session_.on_chunks(attempt_ + 1, {piece("stale")}));
  }
  void give_credit() {
    for (const auto& [key, listener] : listeners_)
      if (auto& chunks = unhandled_[key]; !chunks.empty() && chance(2) == 0) {
        const auto acknowledged = chunks.front();
        chunks.pop_front();
        if (acknowledged > 0)
          deliver(session_.on_handled(key, acknowledged));
      }
  }
  void restart() {
    text_.clear();
    thinking_.clear();
    deliver(session_.restart(++attempt_, false, LLMError{}));
  }
  void end() {
    failed_ = chance(2) == 0;
    if (failed_) {
      deliver(session_.fail({.code = ErrorCode::stream_interrupted}));
    } else {
      auto whole = response(text_);
      whole.thinking = thinking_;
      deliver(session_.finish(whole));
    }
    join();
  }
  void check(const StreamListener& listener) const {
    BOOST_REQUIRE_EQUAL(listener.ends, 1);
    BOOST_REQUIRE_EQUAL(listener.text, text_);
    BOOST_REQUIRE_EQUAL(listener.thinking, thinking_);
    BOOST_REQUIRE_EQUAL(listener.error.has_value(), failed_);
    if (failed_)
      BOOST_REQUIRE_EQUAL(listener.error->partial, text_);
    else
      BOOST_REQUIRE_EQUAL(listener.final->provenance.shared, listener.id == "other");
  }

  std::mt19937 random_;
  std::uint32_t window_;
  StreamSession session_;
  std::map<StreamSession::Key, StreamListener> listeners_;
  /// What the chunks acknowledge that a listener has not handled yet.
  std::map<StreamSession::Key, std::deque<std::uint32_t>> unhandled_;
  StreamSession::Key next_key_ = 1;
  std::uint32_t attempt_ = 1;
  std::string text_;
  std::string thinking_;
  bool failed_ = false;
};

} // namespace

BOOST_AUTO_TEST_SUITE(stream_session_properties)

BOOST_AUTO_TEST_CASE(every_listener_gets_the_whole_text_and_one_end_in_any_interleaving) {
  for (std::uint32_t seed = 1; seed <= 1000; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) { RandomLife{seed}.run(); }
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(conflating_queue)

BOOST_AUTO_TEST_CASE(a_chunk_costs_a_credit_and_a_handled_one_gives_it_back) {
  ConflatingQueue queue{1};
  queue.push(piece("a"));
  BOOST_TEST(queue.pop()->chunk.response == "a");
  queue.push(piece("b"));
  BOOST_TEST(!queue.pop().has_value());
  BOOST_TEST(!queue.idle());
  queue.give_back(1);
  BOOST_TEST(queue.pop()->chunk.seq == 1u);
  BOOST_TEST(queue.idle());
}

BOOST_AUTO_TEST_CASE(a_restart_before_anything_was_sent_marks_nothing) {
  ConflatingQueue queue{1};
  queue.push(piece("lost"));
  queue.restart();
  queue.push(piece("a"));
  const auto first = queue.pop();
  BOOST_REQUIRE(first.has_value());
  BOOST_TEST(first->chunk.response == "a");
  BOOST_TEST(!first->chunk.restarted);
}

BOOST_AUTO_TEST_CASE(waiting_pieces_are_put_together_in_order) {
  ConflatingQueue queue{1};
  auto first = piece("a");
  first.thinking = "x";
  first.tool_calls = {{"1", "f", "{}"}};
  auto second = piece("b");
  second.thinking = "y";
  second.tool_calls = {{"2", "g", "{}"}};
  second.done = true;
  second.final = response("ab");
  queue.push(first);
  queue.push(second);
  const auto next = queue.pop();
  BOOST_REQUIRE(next);
  const auto* chunk = &next->chunk;
  BOOST_TEST(chunk->response == "ab");
  BOOST_TEST(chunk->thinking == "xy");
  BOOST_TEST(chunk->tool_calls.size() == 2u);
  BOOST_TEST(chunk->done);
  BOOST_TEST(chunk->final.has_value());
}

BOOST_AUTO_TEST_CASE(pieces_that_say_nothing_are_dropped_but_an_end_is_not) {
  ConflatingQueue queue{1};
  queue.push(piece(""));
  BOOST_TEST(queue.idle());
  auto end = piece("");
  end.done = true;
  queue.push(end);
  BOOST_TEST(queue.pop()->chunk.done);
}

BOOST_AUTO_TEST_CASE(a_restart_forgets_what_waits_and_keeps_the_credit_that_is_out) {
  ConflatingQueue queue{1};
  queue.push(piece("a"));
  BOOST_TEST(queue.pop().has_value());
  queue.push(piece("b"));
  queue.restart();
  BOOST_TEST(queue.idle());
  queue.push(piece("c"));
  BOOST_TEST(!queue.pop().has_value());
  queue.give_back(1);
  const auto next = queue.pop();
  BOOST_REQUIRE(next);
  BOOST_TEST(next->chunk.response == "c");
  BOOST_TEST(next->chunk.seq == 0u);
}

BOOST_AUTO_TEST_CASE(
    the_first_chunk_the_last_and_one_in_a_quarter_of_the_window_ask_for_a_response) {
  ConflatingQueue queue{32};
  const auto acknowledges_of_next = [&queue](const std::string& text, bool done = false) {
    auto next = piece(text);
    next.done = done;
    queue.push(next);
    return queue.pop()->acknowledges;
  };
  BOOST_TEST(acknowledges_of_next("a") == 1u);
  for (int quarter = 0; quarter < 3; ++quarter) {
    for (int i = 0; i < 7; ++i)
      BOOST_TEST(acknowledges_of_next("a") == 0u);
    BOOST_TEST(acknowledges_of_next("a") == 8u);
  }
  BOOST_TEST(acknowledges_of_next("a") == 0u);
  BOOST_TEST(acknowledges_of_next("", true) == 2u);
}

BOOST_AUTO_TEST_CASE(each_chunk_of_a_small_window_asks_for_a_response) {
  for (const std::uint32_t window : {1u, 2u, 7u}) {
    ConflatingQueue queue{window};
    queue.push(piece("a"));
    BOOST_TEST(queue.pop()->acknowledges == 1u);
  }
}

BOOST_AUTO_TEST_CASE(a_subscriber_without_credit_owes_a_response) {
  for (std::uint32_t window = 1; window <= 200; ++window) {
    ConflatingQueue queue{window};
    std::uint32_t sent = 0;
    std::uint32_t owed = 0;
    for (queue.push(piece("a")); auto next = queue.pop(); queue.push(piece("a"))) {
      ++sent;
      owed += next->acknowledges;
    }
    BOOST_TEST(sent == window);
    BOOST_TEST(owed > window / 2);
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace stream_session_property_test
