// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "tests/node/played.hpp"

/// Those who join the streams of a Gateway and leave them.
namespace nexus::llm::test {

BOOST_AUTO_TEST_SUITE(gateway_subscribers)

BOOST_AUTO_TEST_CASE(a_subscriber_can_join_a_request_that_waits_for_a_node) {
  Played played;
  played.submit("a", true);
  played.subscribe_late("a");
  BOOST_REQUIRE(played.answers.size() == 1u);
  BOOST_TEST(played.answers[0].starts_with("Ack"), played.answers[0]);
  played.connect(0);
  // Behind the request: the node would not know of it yet.
  BOOST_REQUIRE(played.asked.size() >= 2u);
  BOOST_TEST(played.asked[0].starts_with("node 0: submit"));
  BOOST_TEST(played.asked[1].starts_with("node 0: subscribe"), played.asked[1]);
  played.current[0]->service.answer(1, caf::make_message(Ack{}));
  played.current[0]->service.send(played.late_relays["node 0"], last_piece(0, "one two"));
  played.world.settle();
  BOOST_REQUIRE(played.heard_late.size() == 1u);
  BOOST_TEST(played.heard_late[0].starts_with("LLMStreamChunk"));
}

BOOST_AUTO_TEST_CASE(a_late_subscriber_waits_with_a_request_whose_node_is_lost) {
  // Before its joining was confirmed, after that, and after it has heard something.
  for (int moment = 0; moment <= 2; ++moment) {
    Played played;
    played.connect(0);
    played.submit("a", true);
    played.subscribe_late("a");
    auto& service = played.current[0]->service;
    if (moment >= 1)
      service.answer(1, caf::make_message(Ack{}));
    if (moment >= 2)
      service.send(played.late_relays["node 0"], piece(0, "one"));
    played.world.settle();
    played.lose(0);
    BOOST_TEST(played.answers.size() == 1u, moment);
    played.connect(0);
    BOOST_TEST(played.count("node 0: submit") == 2, moment);
    BOOST_TEST(played.count("node 0: subscribe") == (moment == 2 ? 1 : 2), moment);
    if (moment < 2) {
      auto& next = played.current[0]->service;
      next.answer(1, caf::make_message(Ack{}));
      next.send(played.late_relays["node 0"], last_piece(0, "one two"));
      played.world.settle();
    }
    BOOST_TEST(played.answers.size() == 1u, moment);
    BOOST_REQUIRE(!played.heard_late.empty());
    BOOST_TEST(
        played.heard_late.back().starts_with(moment == 2 ? "StreamError" : "LLMStreamChunk"));
  }
}

BOOST_AUTO_TEST_CASE(subscribers_of_a_request_that_ends_before_it_was_sent_hear_of_it) {
  Played played;
  played.submit("a", true);
  played.subscribe_late("a");
  played.ask_role(cancel_atom_v, RequestId{"a"});
  for (const auto* heard : {&played.heard, &played.heard_late}) {
    BOOST_REQUIRE(heard->size() == 1u);
    BOOST_TEST(heard->front().starts_with("StreamError"));
    BOOST_TEST(heard->front().find("cancelled") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_subscriber_that_leaves_before_anything_was_sent_is_told_nothing) {
  Played played;
  played.submit("a", true);
  played.subscribe_late("a");
  played.ask_role(unsubscribe_atom_v, RequestId{"a"}, played.late.as<stream_subscriber>());
  BOOST_TEST(played.answers.size() == 2u);
  played.connect(0);
  BOOST_TEST(played.count("node 0: submit") == 1);
  BOOST_TEST(played.count("node 0: subscribe") == 0);
  BOOST_TEST(played.heard_late.empty());
}

BOOST_AUTO_TEST_CASE(a_stream_of_another_client_is_looked_for_on_every_node) {
  for (const std::size_t owner : {0u, 1u}) {
    Played played{2};
    played.connect(0);
    played.connect(1);
    played.subscribe_late("a");
    const LLMError unknown{.code = ErrorCode::unknown_request};
    played.current[1 - owner]->service.fail(0, to_caf_error(unknown));
    played.world.settle();
    BOOST_TEST(played.answers.empty());
    played.current[owner]->service.answer(0, caf::make_message(Ack{}));
    played.world.settle();
    BOOST_REQUIRE(played.answers.size() == 1u);
    BOOST_TEST(played.answers[0].starts_with("Ack"));
    // The loss of the other does not concern it.
    played.lose(1 - owner);
    BOOST_TEST(played.heard_late.empty());
    played.lose(owner);
    BOOST_REQUIRE(played.heard_late.size() == 1u);
    BOOST_TEST(played.heard_late[0].find("node_lost") != std::string::npos);
  }
  // Nobody has it.
  Played played{2};
  played.connect(0);
  played.connect(1);
  played.subscribe_late("a");
  for (const std::size_t index : {0u, 1u})
    played.current[index]->service.fail(0,
                                        to_caf_error(LLMError{.code = ErrorCode::unknown_request}));
  played.world.settle();
  BOOST_REQUIRE(played.answers.size() == 1u);
  BOOST_TEST(played.answers[0].find("unknown_request") != std::string::npos);
  BOOST_TEST(played.heard_late.empty());
}

BOOST_AUTO_TEST_CASE(who_does_not_listen_ends_nothing_by_leaving) {
  Played played;
  played.connect(0);
  played.submit("a", true);
  played.ask_role(unsubscribe_atom_v, RequestId{"a"}, played.late.as<stream_subscriber>());
  played.ask_role(unsubscribe_atom_v, RequestId{"b"}, played.late.as<stream_subscriber>());
  BOOST_TEST(played.answers == (std::vector<std::string>{"Ack {}", "Ack {}"}),
             boost::test_tools::per_element());
  BOOST_TEST(played.count("node 0: unsubscribe") == 0);
  played.current[0]->service.send(played.relays["node 0"], last_piece(0, "one two"));
  played.world.settle();
  BOOST_REQUIRE(!played.heard.empty());
  BOOST_TEST(played.heard.back().starts_with("LLMStreamChunk"));
}

BOOST_AUTO_TEST_CASE(who_joins_twice_hears_everything_once) {
  Played played;
  played.connect(0);
  played.submit("a", true);
  played.subscribe_late("a");
  played.current[0]->service.answer(1, caf::make_message(Ack{}));
  played.world.settle();
  played.subscribe_late("a");
  played.ask_role(subscribe_atom_v, RequestId{"a"}, played.subscriber.as<stream_subscriber>());
  BOOST_TEST(played.answers.size() == 3u);
  BOOST_TEST(played.count("node 0: subscribe") == 1);
}

BOOST_AUTO_TEST_CASE(an_answered_stream_that_is_left_frees_its_id) {
  Played played;
  played.connect(0);
  played.submit("a", true);
  auto& service = played.current[0]->service;
  service.answer(0, caf::make_message(LLMResponse{.id = {"a"}, .response = "one", .done = true}));
  played.world.settle();
  played.ask_role(unsubscribe_atom_v, RequestId{"a"}, played.subscriber.as<stream_subscriber>());
  service.answer(1, caf::make_message(Ack{}));
  played.world.settle();
  played.submit("a", true);
  BOOST_TEST(played.count("node 0: submit") == 2);
}

BOOST_AUTO_TEST_CASE(a_stream_goes_on_for_those_who_joined_when_its_requester_dies) {
  Played played;
  played.connect(0);
  played.submit("a", true);
  played.subscribe_late("a");
  played.current[0]->service.answer(1, caf::make_message(Ack{}));
  played.world.settle();
  played.caller.end(caf::exit_reason::kill);
  played.world.settle();
  BOOST_TEST(played.count("node 0: cancel") == 0);
  played.current[0]->service.send(played.late_relays["node 0"], last_piece(0, "one two"));
  played.world.settle();
  BOOST_REQUIRE(played.heard_late.size() == 1u);
  BOOST_TEST(played.heard_late[0].starts_with("LLMStreamChunk"));
}

BOOST_AUTO_TEST_CASE(only_streams_can_be_joined) {
  Played played;
  played.submit("a", false);
  played.subscribe_late("a");
  BOOST_REQUIRE(played.answers.size() == 1u);
  BOOST_TEST(played.answers[0].find("is no stream") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::llm::test
