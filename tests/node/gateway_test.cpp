// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "tests/node/played.hpp"

/// Where the requests of a Gateway go, and what they end with.
namespace nexus::llm::test {

BOOST_AUTO_TEST_SUITE(gateway)

BOOST_AUTO_TEST_CASE(a_request_waits_for_the_first_connection) {
  Played played;
  played.submit("a", false);
  BOOST_TEST(played.asked.empty());
  played.connect(0);
  BOOST_TEST(played.count("node 0: submit") == 1);
  played.current[0]->service.answer(0, caf::make_message(LLMResponse{.response = "x"}));
  played.world.settle();
  BOOST_REQUIRE(played.answers.size() == 1u);
}

BOOST_AUTO_TEST_CASE(another_node_that_comes_does_not_ask_the_first_again) {
  Played played{2};
  played.connect(0);
  played.caller.ask(caf::actor_cast<caf::actor>(played.gateway.fronts.models),
                    caf::make_message(delete_model_atom_v, std::string{"x"}));
  played.world.settle();
  BOOST_TEST(played.count("node 0 models: delete_model") == 1);
  played.connect(1);
  BOOST_TEST(played.count("node 0 models: delete_model") == 1);
  BOOST_TEST(played.answers.empty());
  // Nor does one that stands before it in the order.
  played.lose(0);
  // What must not be done twice ends with the node that may have done it.
  BOOST_TEST(played.answers.size() == 1u);
  played.answers.clear();
  played.caller.ask(caf::actor_cast<caf::actor>(played.gateway.fronts.models),
                    caf::make_message(list_models_atom_v));
  played.world.settle();
  const auto before = played.count("node 1 models: list_models");
  played.connect(0);
  BOOST_TEST(played.count("node 1 models: list_models") == before);
  BOOST_TEST(played.answers.empty());
}

BOOST_AUTO_TEST_CASE(a_node_that_says_goodbye_has_its_unseen_streams_sent_again) {
  Played played;
  played.connect(0);
  played.submit("a", true);
  BOOST_TEST(played.count("node 0: submit") == 1);
  auto& service = played.current[0]->service;
  // As a node that is told to end does: the subscriber, then the requester, hear of it.
  const LLMError goodbye{.code = ErrorCode::shutting_down};
  const auto relay = played.relays["node 0"];
  service.send(relay, caf::make_message(StreamError{.id = {"a"}, .error = goodbye}));
  service.fail(0, to_caf_error(goodbye));
  played.world.settle();
  BOOST_TEST(played.answers.empty());
  played.lose(0);
  BOOST_TEST(played.answers.empty());
  played.connect(0);
  BOOST_TEST(played.count("node 0: submit") == 2);
  for (const auto& text : played.heard)
    BOOST_TEST(text.find("StreamError") == std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(a_node_that_is_about_to_end_sends_new_requests_to_another) {
  Played played{2};
  played.connect(0);
  played.connect(1);
  played.submit("a", true);
  const bool first = played.count("node 0: submit") == 1;
  auto& leaving = played.current[first ? 0 : 1]->service;
  const auto other = first ? "node 1: submit" : "node 0: submit";
  BOOST_TEST(played.count(other) == 0);
  leaving.fail(
      0, to_caf_error({.code = ErrorCode::shutting_down, .detail = std::string{node_drains}}));
  played.world.settle();
  BOOST_TEST(played.count(other) == 1);
  BOOST_TEST(played.answers.empty());
  // Nothing more goes there, though it is still connected.
  played.submit("b", false);
  BOOST_TEST(played.count(other) == 2);
}

BOOST_AUTO_TEST_CASE(a_question_to_a_node_that_is_lost_is_answered) {
  Played played;
  played.connect(0);
  played.subscribe_late("other");
  played.ask_role(cancel_atom_v, RequestId{"other"});
  played.ask_role(stats_atom_v);
  BOOST_TEST(played.answers.empty());
  played.lose(0);
  BOOST_REQUIRE(played.answers.size() == 3u);
  for (const auto& answer : played.answers)
    BOOST_TEST(answer.find("node_lost") != std::string::npos, answer);
}

BOOST_AUTO_TEST_CASE(a_node_lost_at_any_moment_of_a_stream_gives_one_answer_and_one_end) {
  // The moments: asked, told that it was sent, a piece, two pieces, the end of the stream, the
  // answer; before the end, nothing of the node comes after.
  for (int moment = 0; moment <= 5; ++moment) {
    Played played;
    played.connect(0);
    played.submit("a", true);
    auto& service = played.current[0]->service;
    const auto relay = played.relays["node 0"];
    const LLMResponse whole{.id = {"a"}, .response = "one two", .done = true};
    if (moment >= 1)
      service.send(relay, caf::make_message(RequestProgress{.id = {"a"}, .phase = Phase::sent}));
    if (moment >= 2)
      service.send(relay, piece(0, "one "));
    if (moment >= 3)
      service.send(relay, piece(1, "two"));
    if (moment == 4)
      service.send(relay, last_piece(2, ""));
    if (moment == 5)
      service.answer(0, caf::make_message(whole));
    played.world.settle();
    played.lose(0);
    const bool again = moment < 2;
    BOOST_TEST((played.answers.size() == (again ? 0u : 1u)), moment);
    if (again) {
      played.connect(0);
      BOOST_TEST(played.count("node 0: submit") == 2, moment);
      const auto second = played.relays["node 0"];
      auto& next = played.current[0]->service;
      next.send(second, piece(0, "one "));
      next.send(second, last_piece(1, "two"));
      next.answer(0, caf::make_message(whole));
      played.world.settle();
    }
    BOOST_REQUIRE_MESSAGE(played.answers.size() == 1u, moment);
    const bool good = again || moment == 5;
    BOOST_TEST((played.answers[0].starts_with("LLMResponse")) == good, played.answers[0]);
    const auto ends = std::ranges::count_if(played.heard, [](const auto& text) {
      return text.starts_with("StreamError") ||
             text.find("\"done\":true,\"final\"") != std::string::npos;
    });
    BOOST_TEST(ends == 1, moment);
    std::string text;
    for (const auto& each : played.heard)
      for (const char* part : {"\"response\":\"one \"", "\"response\":\"two\""})
        if (each.starts_with("LLMStreamChunk") && each.find(part) < each.find("final"))
          text += part[12] == 'o' ? "one " : "two";
    if (good)
      BOOST_TEST(text == "one two", moment);
  }
}

BOOST_AUTO_TEST_CASE(a_request_that_its_nodes_die_of_is_not_sent_a_fourth_time) {
  for (const bool streamed : {false, true}) {
    Played played;
    played.submit("a", streamed);
    for (int node = 1; node <= 3; ++node) {
      played.connect(0);
      BOOST_TEST(played.count("node 0: submit") == node);
      BOOST_TEST(played.answers.empty());
      played.lose(0);
    }
    BOOST_REQUIRE(played.answers.size() == 1u);
    BOOST_TEST(played.answers[0].find("node_lost") != std::string::npos);
    played.connect(0);
    BOOST_TEST(played.count("node 0: submit") == 3);
    BOOST_TEST((played.heard.empty() ? "" : played.heard.back()).find("StreamError") ==
               (streamed ? 0 : std::string::npos));
  }
}

BOOST_AUTO_TEST_CASE(what_a_node_would_not_take_is_not_sent) {
  Played played;
  played.limits.max_prompt_bytes = 4;
  played.submit("a", true);
  played.connect(0);
  BOOST_TEST(played.count("node 0: submit") == 0);
  BOOST_REQUIRE(played.answers.size() == 1u);
  BOOST_TEST(played.answers[0].find("invalid_prompt") != std::string::npos);
  BOOST_TEST(played.answers[0].find("limits.maxPromptBytes") != std::string::npos);
  BOOST_REQUIRE(played.heard.size() == 1u);
  BOOST_TEST(played.heard[0].starts_with("StreamError"));
  played.lose(0);
  played.limits = {.max_message_bytes = 1u << 10};
  played.connect(0);
  played.ask_role(embed_atom_v, EmbedRequest{.id = {"e"}, .model = "m", .input = {"x"}});
  BOOST_REQUIRE(played.answers.size() == 2u);
  BOOST_TEST(played.answers[1].find("limits.maxMessageBytes") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_batch_is_spread_over_the_nodes) {
  Played played{2};
  played.connect(0);
  played.connect(1);
  GenerateOptions options;
  options.id = {"b"};
  played.ask_role(batch_atom_v, std::vector<std::string>(8, "Count"), options);
  BOOST_TEST(played.count("node 0: submit") == 4);
  BOOST_TEST(played.count("node 1: submit") == 4);
  BOOST_TEST(played.count("node 0: batch") == 0);
  // What a lost node was at work on goes to the other.
  played.lose(0);
  BOOST_TEST(played.count("node 1: submit") == 8);
  for (std::size_t i = 0; i < 8; ++i)
    played.current[1]->service.answer(i, caf::make_message(LLMResponse{.response = "x"}));
  played.world.settle();
  BOOST_REQUIRE(played.answers.size() == 1u);
  BOOST_TEST(played.answers[0].starts_with("BatchResponse"));
  BOOST_TEST(played.answers[0].find("node_lost") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_batch_is_checked_and_cancelled_here) {
  Played played;
  played.limits.max_batch = 2;
  played.connect(0);
  GenerateOptions options;
  options.id = {"b"};
  played.ask_role(batch_atom_v, std::vector<std::string>{}, options);
  played.ask_role(batch_atom_v, std::vector<std::string>(3, "Count"), options);
  BOOST_REQUIRE(played.answers.size() == 2u);
  for (const auto& answer : played.answers)
    BOOST_TEST(answer.find("invalid_prompt") != std::string::npos, answer);
  played.ask_role(batch_atom_v, std::vector<std::string>(2, "Count"), options);
  BOOST_TEST(played.count("node 0: submit") == 2);
  played.ask_role(batch_atom_v, std::vector<std::string>(2, "Count"), options);
  BOOST_REQUIRE(played.answers.size() == 3u);
  BOOST_TEST(played.answers[2].find("`id` is that of another request") != std::string::npos);
  played.ask_role(cancel_atom_v, RequestId{"b"});
  BOOST_REQUIRE(played.answers.size() == 5u);
  BOOST_TEST(std::ranges::count(played.answers, "true") == 1);
  BOOST_TEST(played.count("node 0: cancel") == 2);
}

BOOST_AUTO_TEST_CASE(a_waiting_request_knows_its_place) {
  Played played;
  played.submit("a", false);
  played.submit("b", false);
  played.ask_role(position_atom_v, RequestId{"b"});
  BOOST_REQUIRE(played.answers.size() == 1u);
  BOOST_TEST(played.answers[0] == R"(QueuePosition {"position":2,"queueLength":2})");
}

BOOST_AUTO_TEST_CASE(a_question_to_several_nodes_has_one_answer) {
  Played played{2};
  played.connect(0);
  played.connect(1);
  played.ask_role(cancel_atom_v, RequestId{"other"});
  played.current[0]->service.answer(0, caf::make_message(true));
  played.current[1]->service.answer(0, caf::make_message(false));
  played.world.settle();
  BOOST_TEST(played.answers == std::vector<std::string>{"true"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_node_under_two_names_is_one) {
  Played played{2};
  played.connect(0);
  const auto done = std::exchange(played.dialled[1], nullptr);
  done(played.current[0]->hello({}));
  played.world.settle();
  played.submit("a", false);
  BOOST_TEST(played.count("node 0: submit") == 1);
  played.lose(0);
  BOOST_TEST(played.answers.empty());
  played.connect(0);
  BOOST_TEST(played.count("node 0: submit") == 2);
  // The other name is tried again, in case that it becomes another.
  played.world.pass(10s);
  BOOST_TEST(static_cast<bool>(played.dialled[1]));
}

BOOST_AUTO_TEST_CASE(a_request_waits_until_it_is_known_who_has_its_model) {
  Played played{2};
  played.answer_models = false;
  played.ask_model("kite");
  played.connect(0);
  BOOST_TEST(played.count("node 0: submit") == 0);
  played.tell_models(0, {"llama3.1:8b"});
  // The other may have it.
  BOOST_TEST(played.count("node 0: submit") == 0);
  played.connect(1);
  BOOST_TEST(played.count("node 1: submit") == 0);
  played.tell_models(1, {"llama3.1:8b", "kite"});
  BOOST_TEST(played.count("node 1: submit") == 1);
}

BOOST_AUTO_TEST_CASE(a_model_that_no_node_has_is_asked_for_once_all_have_told) {
  Played played{2};
  played.answer_models = false;
  played.ask_model("kite");
  played.connect(0);
  played.tell_models(0, {"llama3.1:8b"});
  BOOST_TEST(played.count("node 0: submit") == 0);
  const auto done = std::exchange(played.dialled[1], nullptr);
  done(failure(ErrorCode::node_unreachable, "node:1"));
  played.world.settle();
  BOOST_TEST(played.count("node 0: submit") == 1);
}

BOOST_AUTO_TEST_CASE(a_request_goes_to_a_node_that_would_take_it) {
  Played played{2};
  played.limits.max_prompt_bytes = 4;
  played.connect(0);
  played.limits = {};
  played.connect(1);
  played.submit("a", false);
  BOOST_TEST(played.count("node 1: submit") == 1);
  BOOST_TEST(played.answers.empty());
}

BOOST_AUTO_TEST_CASE(a_handshake_that_fails_while_a_node_ends_is_no_reason_to_give_up) {
  Played played;
  played.connect(0);
  played.submit("a", false);
  played.lose(0);
  const auto done = std::exchange(played.dialled[0], nullptr);
  BOOST_REQUIRE(done);
  done(failure(ErrorCode::node_distrusted, "node:0"));
  played.world.pass(1s);
  BOOST_TEST(played.answers.empty());
  played.connect(0);
  BOOST_TEST(played.count("node 0: submit") == 2);
}

BOOST_AUTO_TEST_CASE(a_node_that_was_never_trusted_is_given_up_at_once) {
  Played played;
  played.submit("a", false);
  const auto done = std::exchange(played.dialled[0], nullptr);
  done(failure(ErrorCode::node_distrusted, "node:0"));
  played.world.settle();
  BOOST_REQUIRE(played.answers.size() == 1u);
  BOOST_TEST(played.answers[0].find("node_distrusted") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_health_of_several_nodes_names_those_that_are_missing) {
  Played played{2};
  played.connect(0);
  played.caller.ask(caf::actor_cast<caf::actor>(played.gateway.root),
                    caf::make_message(health_atom_v));
  played.world.settle();
  played.current[0]->service.answer(0, caf::make_message(Health{.reachable = true}));
  played.world.settle();
  BOOST_REQUIRE(played.answers.size() == 1u);
  BOOST_TEST(played.answers[0].find("node:1 node") != std::string::npos, played.answers[0]);
}

BOOST_AUTO_TEST_CASE(what_was_not_told_of_an_answer_is_told_with_its_tool_calls) {
  Played played;
  played.connect(0);
  played.submit("a", true);
  auto& service = played.current[0]->service;
  const LLMResponse whole{
      .id = {"a"}, .response = "one", .tool_calls = {{.name = "first"}, {.name = "second"}}};
  service.send(played.relays["node 0"],
               caf::make_message(LLMStreamChunk{.id = {"a"}, .tool_calls = {{.name = "first"}}}));
  service.answer(0, caf::make_message(whole));
  played.world.settle();
  played.lose(0);
  BOOST_REQUIRE(played.heard.size() == 2u);
  const auto told = played.heard[1].substr(0, played.heard[1].find("\"final\""));
  BOOST_TEST(told.find("second") != std::string::npos, told);
  BOOST_TEST(told.find("first") == std::string::npos, told);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::llm::test
