// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <random>

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
      : random_{seed}, window_{chance(3) + 1}, session_{1, window_} {}

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
      BOOST_REQUIRE(listener.unhandled <= window_);
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
    for (auto& [key, listener] : listeners_)
      if (listener.unhandled > 0 && chance(2) == 0) {
        --listener.unhandled;
        deliver(session_.on_handled(key));
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
  BOOST_TEST(queue.pop()->response == "a");
  queue.push(piece("b"));
  BOOST_TEST(!queue.pop().has_value());
  BOOST_TEST(!queue.idle());
  queue.give_back();
  BOOST_TEST(queue.pop()->seq == 1u);
  BOOST_TEST(queue.idle());
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
  const auto chunk = queue.pop();
  BOOST_REQUIRE(chunk);
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
  BOOST_TEST(queue.pop()->done);
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
  queue.give_back();
  const auto chunk = queue.pop();
  BOOST_TEST(chunk->response == "c");
  BOOST_TEST(chunk->seq == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace stream_session_property_test
