// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <caf/event_based_actor.hpp>

#include <caf/io/middleman.hpp>

#include <algorithm>
#include <limits>

#include "actors/internal_interfaces.hpp"
#include "config/node_address.hpp"
#include "tests/node/fixture.hpp"

namespace nexus::llm::test {

namespace node_test {

namespace {

constexpr auto overseer = AIRole::overseer;
using namespace std::chrono_literals;

/// What a node does for the roles, without a Gateway in between.
llm_service service_of(caf::actor_system& system, const Endpoint& node) {
  caf::scoped_actor self{system};
  auto found = system.middleman().remote_actor<node_actor>("127.0.0.1", node.port);
  BOOST_REQUIRE(static_cast<bool>(found));
  llm_service service;
  ask(self, *found, patience, hello_atom_v, node_protocol)
      .receive(
          [&](const NodeHello& hello) { service = caf::actor_cast<llm_service>(hello.service); },
          [](const caf::error& error) { BOOST_FAIL(describe(error)); });
  return service;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(nodes, NodeFixture)

BOOST_AUTO_TEST_CASE(a_remote_process_gets_what_an_embedding_process_gets) {
  simulator->set_reply("llama3.1:8b", "one two three");
  const auto remote = connect_client();
  LLMIntegration api{*system, remote->handles()};
  const auto answer = api.generate("Count", overseer);
  BOOST_REQUIRE(answer);
  BOOST_TEST(answer->response == "one two three");
  std::string text;
  const auto streamed = api.generate_streaming("Count", overseer, [&text](const auto& chunk) {
    text += chunk.response;
    return true;
  });
  BOOST_TEST(streamed.has_value());
  BOOST_TEST(text == "one two three");
  BOOST_TEST(api.chat({{.role = ChatRole::user, .content = "Hi"}}, overseer).has_value());
  BOOST_TEST(api.batch({"a", "b"}, overseer).value().items.size() == 2u);
  BOOST_TEST(api.list_available_models().value().size() == 3u);
  BOOST_TEST(api.check_model_available("owl").value());
  BOOST_TEST(api.get_model_for_role(overseer).value() == "llama3.1:8b");
  BOOST_TEST(api.set_model_for_role(overseer, "owl").value().name == "owl");
  BOOST_TEST(api.generate("Who?", overseer).value().response == "Who.");
  BOOST_TEST(api.health().value().reachable);
  BOOST_TEST(api.stats(overseer).value().answered == 6u);
  BOOST_TEST(api.running_requests(overseer).value().total == 0u);
  BOOST_TEST(api.load_config().value().max_retries == 0u);
  BOOST_TEST(api.update_config(R"({"maxRetries": 2})").value().max_retries == 2u);
  BOOST_TEST(!api.cancel(overseer, {"nothing"}).value());
}

BOOST_AUTO_TEST_CASE(errors_cross_the_network_whole) {
  const auto remote = connect_client();
  LLMIntegration api{*system, remote->handles()};
  GenerateOptions options;
  options.model = "not-there";
  const auto answer = api.generate("Count", overseer, options);
  BOOST_REQUIRE(!answer);
  BOOST_TEST(to_string(answer.error().code) == "model_not_found");
  BOOST_TEST(
      sentence(answer.error()) ==
      "The model not-there is not installed. Check its name (`nexus-llm models list`), or get it "
      "with `nexus-llm models pull not-there`.");
}

BOOST_AUTO_TEST_CASE(a_number_that_cannot_be_written_does_not_hold_up_the_network) {
  const auto remote = connect_client();
  LLMIntegration api{*system, remote->handles()};
  GenerateOptions options;
  options.temperature = std::numeric_limits<double>::infinity();
  const auto answer = api.generate("Count", overseer, options);
  BOOST_REQUIRE(!answer);
  BOOST_TEST(to_string(answer.error().code) == "invalid_option");
  BOOST_TEST(api.health().value().reachable);
}

BOOST_AUTO_TEST_CASE(late_subscribers_join_and_leave_from_another_process) {
  simulator->set_reply("llama3.1:8b", "one two three");
  simulator->inject(Fault::stall_after_lines(2, 300ms));
  const auto remote = connect_client();
  caf::scoped_actor self{*system};
  const auto first = std::make_shared<Record>();
  const auto late = std::make_shared<Record>();
  auto pending = stream(self, *remote, "a", spawn_recorder(*system, first));
  BOOST_REQUIRE(first->wait_until([](const Record& record) { return record.chunks == 2; }));
  ask(self, remote->role(overseer), patience, subscribe_atom_v, RequestId{"a"},
      spawn_recorder(*system, late))
      .receive([](Ack) {}, [](const caf::error& error) { BOOST_FAIL(describe(error)); });
  BOOST_TEST(outcome_of(std::move(pending)) == "answered");
  for (const auto& record : {first, late}) {
    BOOST_TEST(record->wait_until([](const Record& now) { return now.ends == 1; }));
    BOOST_TEST(record->text == "one two three");
    BOOST_TEST(record->in_order);
  }
}

BOOST_AUTO_TEST_CASE(a_request_waits_for_a_node_that_dies_before_anything_was_seen) {
  simulator->set_reply("llama3.1:8b", "one two three");
  simulator->inject(Fault::stall_before_response());
  const auto remote = connect_client();
  caf::scoped_actor self{*system};
  const auto record = std::make_shared<Record>();
  auto streamed = stream(self, *remote, "a", spawn_recorder(*system, record));
  BOOST_REQUIRE(wait_until([](const auto& counters) { return counters.stalls_begun == 1; }));
  auto plain = ask(self, remote->role(overseer), patience, generate_atom_v, std::string{"Count"});
  kill_node();
  // What was at work there is not any more.
  BOOST_TEST(wait_until([](const auto& counters) { return counters.disconnects_seen >= 1; }));
  simulator->clear_faults();
  start_node();
  BOOST_TEST(outcome_of(std::move(streamed)) == "answered");
  BOOST_TEST(outcome_of(std::move(plain)) == "answered");
  BOOST_TEST(record->wait_until([](const Record& now) { return now.ends == 1; }));
  BOOST_TEST(record->text == "one two three");
  BOOST_TEST(record->in_order);
}

BOOST_AUTO_TEST_CASE(a_stream_of_which_something_was_seen_ends_with_what_there_was) {
  simulator->set_reply("llama3.1:8b", "one two three");
  simulator->inject(Fault::stall_after_lines(2));
  const auto remote = connect_client();
  caf::scoped_actor self{*system};
  const auto record = std::make_shared<Record>();
  const auto late = std::make_shared<Record>();
  auto pending = stream(self, *remote, "a", spawn_recorder(*system, record));
  BOOST_REQUIRE(record->wait_until([](const Record& now) { return now.chunks == 2; }));
  ask(self, remote->role(overseer), patience, subscribe_atom_v, RequestId{"a"},
      spawn_recorder(*system, late))
      .receive([](Ack) {}, [](const caf::error& error) { BOOST_FAIL(describe(error)); });
  kill_node();
  BOOST_TEST(outcome_of(std::move(pending)) == "node_lost");
  for (const auto& each : {record, late}) {
    BOOST_TEST(each->wait_until([](const Record& now) { return now.ends == 1; }));
    BOOST_TEST(each->end_code == "node_lost");
  }
  BOOST_TEST(record->text == "one two");
}

BOOST_AUTO_TEST_CASE(handles_stay_usable_over_many_deaths_of_the_node) {
  const auto remote = connect_client();
  LLMIntegration api{*system, remote->handles()};
  for (int death = 0; death < 5; ++death) {
    BOOST_TEST(api.generate("Count", overseer).has_value());
    BOOST_TEST(api.list_available_models().has_value());
    kill_node();
    start_node();
  }
  BOOST_TEST(api.generate("Count", overseer).has_value());
  BOOST_TEST(api.list_available_models().has_value());
  BOOST_TEST(api.load_config().has_value());
}

BOOST_AUTO_TEST_CASE(patience_with_a_node_that_stays_away_has_an_end) {
  const auto remote = connect_client(500ms);
  LLMIntegration api{*system, remote->handles()};
  caf::scoped_actor self{*system};
  simulator->inject(Fault::stall_before_response());
  const auto record = std::make_shared<Record>();
  auto pending = stream(self, *remote, "a", spawn_recorder(*system, record));
  BOOST_REQUIRE(wait_until([](const auto& counters) { return counters.stalls_begun == 1; }));
  kill_node();
  BOOST_TEST(outcome_of(std::move(pending)) == "node_unreachable");
  BOOST_TEST(record->wait_until([](const Record& now) { return now.ends == 1; }));
  // From then on, nobody waits.
  const auto begun = std::chrono::steady_clock::now();
  BOOST_TEST(to_string(api.generate("Count", overseer).error().code) == "node_unreachable");
  BOOST_TEST(to_string(api.list_available_models().error().code) == "node_unreachable");
  BOOST_TEST(to_string(api.load_config().error().code) == "node_unreachable");
  BOOST_TEST((std::chrono::steady_clock::now() - begun < 400ms));
  // Until it is back.
  simulator->clear_faults();
  start_node();
  Result<LLMResponse> answer = failure(ErrorCode::internal_error, "");
  for (int tries = 0; tries < 100 && !answer; ++tries) {
    answer = api.generate("Count", overseer);
    caf::scoped_actor pause{*system};
    pause->receive(caf::after(50ms) >> [] {});
  }
  BOOST_TEST(answer.has_value());
}

BOOST_AUTO_TEST_CASE(a_cancelled_request_ends_at_the_ollama_of_the_node) {
  simulator->inject(Fault::stall_after_lines(2).times(0));
  const auto remote = connect_client();
  LLMIntegration api{*system, remote->handles()};
  caf::scoped_actor self{*system};
  const auto record = std::make_shared<Record>();
  auto pending = stream(self, *remote, "a", spawn_recorder(*system, record));
  BOOST_REQUIRE(record->wait_until([](const Record& now) { return now.chunks == 2; }));
  BOOST_TEST(api.cancel(overseer, {"a"}).value());
  BOOST_TEST(wait_until([](const auto& counters) { return counters.disconnects_seen == 1; }));
  BOOST_TEST(outcome_of(std::move(pending)) == "cancelled");
  BOOST_TEST(record->wait_until([](const Record& now) { return now.ends == 1; }));
  BOOST_TEST(record->end_code == "cancelled");
}

BOOST_AUTO_TEST_CASE(a_requester_or_subscriber_that_dies_frees_the_ollama_of_the_node) {
  simulator->inject(Fault::stall_after_lines(2).times(0));
  const auto remote = connect_client();
  for (int who = 0; who < 3; ++who) {
    const auto record = std::make_shared<Record>();
    const auto subscriber = spawn_recorder(*system, record);
    auto requester = std::make_unique<caf::scoped_actor>(*system);
    [[maybe_unused]] auto pending = stream(*requester, *remote, std::to_string(who), subscriber);
    BOOST_REQUIRE(record->wait_until([](const Record& now) { return now.chunks == 2; }));
    if (who == 0)
      requester.reset();
    else if (who == 1)
      anon_exit(subscriber, caf::exit_reason::kill);
    else
      anon_exit(caf::actor_cast<caf::actor>(remote->root()), caf::exit_reason::kill);
    BOOST_TEST(wait_until([who](const auto& counters) {
      return counters.disconnects_seen == static_cast<std::uint64_t>(who) + 1;
    }));
    if (who != 1)
      BOOST_TEST(record->wait_until([](const Record& now) { return now.ends == 1; }));
  }
}

BOOST_AUTO_TEST_CASE(a_client_process_that_is_killed_has_its_requests_cancelled) {
  simulator->inject(Fault::stall_after_lines(2));
  Child client{child_options({"--connect", endpoint.text(), "generate", "Count"})};
  client.close_input();
  BOOST_REQUIRE(client.read_until(" "));
  client.signal(SIGKILL);
  BOOST_TEST(wait_until([](const auto& counters) { return counters.disconnects_seen == 1; }));
}

BOOST_AUTO_TEST_CASE(a_slow_subscriber_loses_nothing_and_holds_nobody_up) {
  std::string words;
  for (int i = 0; i < 400; ++i)
    words += "w" + std::to_string(i) + " ";
  simulator->set_reply("llama3.1:8b", words);
  const auto remote = connect_client();
  caf::scoped_actor self{*system};
  const auto slow = std::make_shared<Record>();
  auto pending = stream(self, *remote, "a", spawn_recorder(*system, slow, Pace::slow));
  BOOST_TEST(outcome_of(std::move(pending)) == "answered");
  BOOST_TEST(slow->wait_until([](const Record& now) { return now.ends == 1; }));
  BOOST_TEST(slow->text == words);
  BOOST_TEST(slow->in_order);
  // What waited came in few pieces.
  BOOST_TEST(slow->chunks < 200u);
}

BOOST_AUTO_TEST_CASE(a_port_where_nobody_listens_or_somebody_else_is_told_as_such) {
  auto failure_at = [this](std::uint16_t port) {
    const auto remote = connect(*system, "127.0.0.1", port);
    return remote ? "connected" : std::string{to_string(remote.error().code)};
  };
  BOOST_TEST(failure_at(1) == "node_unreachable");
  BOOST_TEST(failure_at(simulator->port()) == "node_unreachable");
  // Another actor than a node.
  const auto stranger = system->spawn([] { return caf::behavior{[](const std::string&) {}}; });
  const auto port = system->middleman().publish(stranger, 0, "127.0.0.1");
  BOOST_REQUIRE(static_cast<bool>(port));
  ClientSystem other;
  const auto remote = connect(*other.system, "127.0.0.1", *port);
  BOOST_REQUIRE(!remote);
  BOOST_TEST(to_string(remote.error().code) == "node_mismatch");
  anon_exit(stranger, caf::exit_reason::kill);
}

BOOST_AUTO_TEST_CASE(a_client_whose_system_does_not_know_the_messages_is_refused) {
  caf::actor_system_config bare;
  caf::actor_system unprepared{bare};
  // CAF 1.x has one table of types for the process, which other tests have filled.
  if (knows_messages(unprepared))
    return;
  const auto remote = RemoteLLM::connect(unprepared, {Endpoint{"127.0.0.1", 1}});
  BOOST_REQUIRE(!remote);
  BOOST_TEST(to_string(remote.error().code) == "not_set_up");
}

BOOST_AUTO_TEST_CASE(another_protocol_is_refused_with_a_sentence) {
  caf::scoped_actor self{*system};
  auto node_handle = system->middleman().remote_actor<node_actor>("127.0.0.1", endpoint.port);
  BOOST_REQUIRE(static_cast<bool>(node_handle));
  ask(self, *node_handle, patience, hello_atom_v, node_protocol + 1)
      .receive([](const NodeHello&) { BOOST_FAIL("accepted"); },
               [](const caf::error& error) {
                 BOOST_TEST(to_string(to_llm_error(error).code) == "node_mismatch");
               });
}

BOOST_AUTO_TEST_CASE(a_node_whose_system_has_ended_ends_with_an_error) {
  auto options = child_options({"serve", "--listen", "127.0.0.1:0"});
  options.program = NEXUS_LLM_ENDING_NODE;
  Child ending{options};
  BOOST_TEST(ending.wait() == 10);
  BOOST_TEST(ending.err().find("RetrySupervisor") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_node_that_is_told_to_end_finishes_what_it_is_at) {
  simulator->set_reply("llama3.1:8b", "one two three");
  simulator->inject(Fault::stall_after_lines(2, 400ms));
  const auto remote = connect_client();
  caf::scoped_actor self{*system};
  const auto record = std::make_shared<Record>();
  auto pending = stream(self, *remote, "a", spawn_recorder(*system, record));
  BOOST_REQUIRE(record->wait_until([](const Record& now) { return now.chunks == 2; }));
  node->signal(SIGTERM);
  BOOST_TEST(outcome_of(std::move(pending)) == "answered");
  BOOST_TEST(record->wait_until([](const Record& now) { return now.ends == 1; }));
  BOOST_TEST(record->text == "one two three");
  BOOST_TEST(node->wait() == 0);
  BOOST_TEST(node->err().find("ending; requests under way have 30 s") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_node_that_is_told_to_end_cancels_what_takes_too_long) {
  node.reset();
  start_node({"--drain", "0.2"});
  simulator->inject(Fault::stall_after_lines(2));
  const auto remote = connect_client(300ms);
  caf::scoped_actor self{*system};
  const auto record = std::make_shared<Record>();
  auto pending = stream(self, *remote, "a", spawn_recorder(*system, record));
  BOOST_REQUIRE(record->wait_until([](const Record& now) { return now.chunks == 2; }));
  node->signal(SIGTERM);
  BOOST_TEST(node->wait() == 0);
  BOOST_TEST(record->wait_until([](const Record& now) { return now.ends == 1; }));
  BOOST_TEST(outcome_of(std::move(pending)) != "answered");
  BOOST_TEST(wait_until([](const auto& counters) { return counters.disconnects_seen == 1; }));
}

BOOST_AUTO_TEST_CASE(a_node_adds_little_to_a_request) {
  simulator->set_reply("llama3.1:8b", "one");
  // Other work on the machine makes a request slower, and none faster.
  auto least = [](LLMIntegration& api) {
    auto time = std::chrono::steady_clock::duration::max();
    for (int i = 0; i < 300; ++i) {
      const auto begun = std::chrono::steady_clock::now();
      BOOST_REQUIRE(api.generate("Count", overseer).has_value());
      time = std::min(time, std::chrono::steady_clock::now() - begun);
    }
    return std::chrono::duration<double, std::micro>(time).count();
  };
  const auto remote = connect_client();
  LLMIntegration through_node{*system, remote->handles()};
  LLMClientConfig settings;
  settings.base_url = simulator->base_url();
  auto local = LLMSystem::start(*system, {.store = make_memory_store(settings)});
  BOOST_REQUIRE(local);
  LLMIntegration here{*system, **local};
  const auto near = least(here);
  const auto far = least(through_node);
  BOOST_TEST_MESSAGE("a request: " << near << " us in this process, " << far << " us on a node");
  BOOST_TEST(far < near + 3'000);
}

BOOST_AUTO_TEST_CASE(a_node_that_drains_takes_no_more_requests_of_others) {
  caf::scoped_actor self{*system};
  const auto service = service_of(*system, endpoint);
  auto send = [&](AIRole role) {
    return outcome_of(
        ask(self, service, patience, submit_atom_v, role, LLMRequest{.prompt = "Count"}));
  };
  BOOST_TEST(send(overseer) == "answered");
  // Something is under way, for whose end it waits.
  simulator->inject(Fault::stall_before_response());
  caf::scoped_actor other{*system};
  auto under_way =
      ask(other, service, patience, submit_atom_v, overseer, LLMRequest{.prompt = "Count"});
  BOOST_REQUIRE(wait_until([](const auto& now) { return now.stalls_begun == 1; }));
  node->signal(SIGTERM);
  auto outcome = send(AIRole::implementation);
  while (outcome == "answered")
    outcome = send(AIRole::implementation);
  BOOST_TEST(outcome == "shutting_down");
  simulator->stop();
  BOOST_TEST(outcome_of(std::move(under_way)) != "answered");
}

BOOST_AUTO_TEST_CASE(nobody_ends_an_embedding_of_somebody_else_by_its_id) {
  simulator->inject(Fault::stall_before_response().on("/api/embed"));
  caf::scoped_actor self{*system};
  caf::scoped_actor other{*system};
  const auto service = service_of(*system, endpoint);
  EmbedRequest request{.id = {"e"}, .input = {"x"}};
  auto mine = ask(self, service, patience, embed_atom_v, overseer, request);
  BOOST_REQUIRE(wait_until([](const auto& now) { return now.stalls_begun == 1; }));
  ask(other, service, patience, embed_atom_v, overseer, request)
      .receive([](const EmbedResponse&) { BOOST_ERROR("an answer"); },
               [](const caf::error& error) {
                 BOOST_TEST(to_string(to_llm_error(error).code) == "invalid_argument");
               });
  // Its own requester sends it again, as after a partition.
  auto again = ask(self, service, patience, embed_atom_v, overseer, request);
  std::move(again).receive(
      [](const EmbedResponse& answer) { BOOST_TEST(answer.embeddings.size() == 1u); },
      [](const caf::error& error) { BOOST_ERROR(describe(error)); });
  std::move(mine).receive([](const EmbedResponse&) { BOOST_ERROR("an answer"); },
                          [](const caf::error& error) {
                            BOOST_TEST(to_string(to_llm_error(error).code) == "cancelled");
                          });
}

BOOST_AUTO_TEST_CASE(what_a_remote_requester_sends_again_replaces_what_it_sent) {
  simulator->set_reply("llama3.1:8b", "one two three");
  simulator->inject(Fault::stall_before_response());
  caf::scoped_actor self{*system};
  const auto service = service_of(*system, endpoint);
  const auto record = std::make_shared<Record>();
  const auto subscriber = spawn_recorder(*system, record);
  LLMRequest request;
  request.id = {"a"};
  request.prompt = "Count";
  request.stream = true;
  auto send = [&] {
    return ask(self, service, patience, submit_atom_v, overseer, request, subscriber);
  };
  auto first = send();
  BOOST_REQUIRE(wait_until([](const auto& now) { return now.stalls_begun == 1; }));
  // As after a partition that this side alone has noticed.
  auto second = send();
  BOOST_TEST(outcome_of(std::move(first)) == "cancelled");
  BOOST_TEST(outcome_of(std::move(second)) == "answered");
  BOOST_TEST(record->wait_until([](const Record& now) { return now.ends == 1; }));
  BOOST_TEST(record->text == "one two three");
  BOOST_TEST(record->in_order);
  BOOST_TEST(wait_until([](const auto& now) { return now.disconnects_seen == 1; }));
  // Another requester may not do so.
  simulator->inject(Fault::stall_before_response());
  auto third = send();
  BOOST_REQUIRE(wait_until([](const auto& now) { return now.stalls_begun == 2; }));
  caf::scoped_actor other{*system};
  BOOST_TEST(outcome_of(ask(other, service, patience, submit_atom_v, overseer, request,
                            subscriber)) == "invalid_argument");
  ask(self, service, patience, cancel_atom_v, overseer, RequestId{"a"})
      .receive([](bool done) { BOOST_TEST(done); },
               [](const caf::error& error) { BOOST_FAIL(describe(error)); });
  BOOST_TEST(outcome_of(std::move(third)) == "cancelled");
  // CAF keeps what was sent to another process.
  anon_exit(subscriber, caf::exit_reason::kill);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(endpoints)

BOOST_AUTO_TEST_CASE(addresses_are_read_in_all_their_forms) {
  auto text = [](const char* given) {
    const auto endpoint = parse_endpoint(given);
    return endpoint ? endpoint->text() : std::string{"wrong"};
  };
  BOOST_TEST(text("127.0.0.1:5") == "127.0.0.1:5");
  BOOST_TEST(text("box") == "box:11435");
  BOOST_TEST(text(":7") == "127.0.0.1:7");
  BOOST_TEST(text("[::1]:7") == "[::1]:7");
  BOOST_TEST(text("[::1]") == "[::1]:11435");
  BOOST_TEST(text("::1") == "[::1]:11435");
  for (const char* wrong : {"", "box:", "box:x", "box:70000", "[::1", "[::1]7", "a b:1",
                            "http://a:1", "box:-1", "[::1]:"})
    BOOST_TEST(text(wrong) == "wrong", wrong);
}

BOOST_AUTO_TEST_CASE(only_addresses_of_this_machine_are_loopback) {
  for (const char* local : {"localhost", "127.0.0.1", "127.9.9.9", "::1"})
    BOOST_TEST(is_loopback(local), local);
  for (const char* other : {"0.0.0.0", "::", "10.0.0.1", "box", "", "127.0.0.1.evil.example"})
    BOOST_TEST(!is_loopback(other), other);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace node_test

} // namespace nexus::llm::test
