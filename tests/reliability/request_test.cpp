// SPDX-License-Identifier: BSD-3-Clause
// What a fault in the logic of a request costs, and whom.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <stdexcept>
#include <thread>

#include "tests/reliability/scene.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;
using namespace std::chrono_literals;
using simulator::Fault;

BOOST_AUTO_TEST_SUITE(request_faults)

namespace {

using Machine = RequestMachine;

bool answered(const Record& seen) { return !seen.answers.empty() && seen.ends > 0; }

/// Throws at the given event of the request with the id `victim`, so many times.
SceneOptions faulty(std::function<bool(const Machine::Event&)> at, int times) {
  SceneOptions options;
  options.before_event = [at, left = std::make_shared<std::atomic<int>>(times)](
                             const RequestId& id, const Machine::Event& event) {
    if (id.value == "victim" && at(event) && (*left)-- > 0)
      throw std::runtime_error{"thrown by a test"};
  };
  return options;
}

template <class Reply> bool is_reply(const Machine::Event& event) {
  const auto* happened = std::get_if<Machine::Happened>(&event);
  return happened != nullptr && std::holds_alternative<Reply>(happened->reply);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_request_whose_logic_fails_before_anything_was_seen_begins_anew_once) {
  const std::pair<const char*, std::function<bool(const Machine::Event&)>> moments[] = {
      {"begin", [](const auto& event) { return std::holds_alternative<Machine::Begin>(event); }},
      {"admitted", is_reply<Machine::Admitted>},
      {"resolved", is_reply<Machine::Resolved>},
      {"failed", is_reply<Machine::Failed>},
      {"pause", is_reply<Machine::Done>}};
  for (const auto& [moment, at] : moments) {
    BOOST_TEST_CONTEXT(moment) {
      Scene scene{faulty(at, 1)};
      scene.sim.inject(Fault::reset_before_response());
      auto& victim = scene.stream("victim");
      BOOST_REQUIRE(victim.record->wait_until(answered));
      BOOST_TEST(victim.record->answers.front() == "answered");
      BOOST_TEST(victim.record->text == Scene::reply);
      BOOST_TEST(victim.record->in_order);
      BOOST_TEST(scene.stats(AIRole::overseer).accepted == 1u);
      BOOST_TEST(scene.take_down() == "");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_request_whose_logic_keeps_failing_is_told_so_and_no_other_notices) {
  Scene scene{faulty(is_reply<Machine::Resolved>, 1000)};
  auto& before = scene.stream("before");
  auto& victim = scene.stream("victim");
  auto& after = scene.stream("after");
  for (const auto* caller : {&before, &victim, &after})
    BOOST_REQUIRE(caller->record->wait_until(answered));
  BOOST_TEST(victim.record->answers.front() == "component_failed");
  BOOST_TEST(victim.record->end_code == "component_failed");
  BOOST_TEST(before.record->answers.front() == "answered");
  BOOST_TEST(after.record->answers.front() == "answered");
  const auto health = scene.health();
  BOOST_TEST(std::ranges::count(health.events, SupervisionEvent::Kind::request_failed,
                                &SupervisionEvent::kind) == 2);
  // No component was touched.
  for (const auto& component : health.components)
    BOOST_TEST(component.restarts == 0u);
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(a_request_whose_logic_fails_after_something_was_seen_ends_and_frees_ollama) {
  Scene scene{faulty(is_reply<Machine::Answered>, 1)};
  auto& victim = scene.stream("victim");
  BOOST_REQUIRE(victim.record->wait_until(answered));
  BOOST_TEST(victim.record->answers.front() == "component_failed");
  BOOST_TEST(victim.record->end_code == "component_failed");
  BOOST_TEST(scene.ask_once(AIRole::overseer) == "answered");
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(followers_of_a_request_that_dies_are_answered_too) {
  SceneOptions options;
  options.adjust = [](LLMClientConfig& config) { config.limits.max_concurrent = 2; };
  Scene scene{std::move(options)};
  scene.sim.inject(Fault::stall_before_response());
  GenerateOptions repeatable;
  repeatable.temperature = 0.0;
  auto asked = [&](const char* id) {
    auto own = repeatable;
    own.id = {id};
    return std::async(std::launch::async, [&scene, own] { return scene.generate("same", own); });
  };
  auto leader = asked("leader");
  BOOST_REQUIRE(
      scene.sim.wait_until([](const auto& now) { return now.stalls_begun == 1; }, patience));
  auto follower = asked("follower");
  while (!scene.component("follower"))
    std::this_thread::yield();
  // It follows once it is neither queued nor at Ollama.
  order_death(scene.component("leader"), Death::exit);
  const auto first = leader.get();
  BOOST_REQUIRE(!first);
  BOOST_TEST(to_string(first.error().code) == "component_failed");
  const auto second = follower.get();
  BOOST_REQUIRE(second);
  BOOST_TEST(second->response == Scene::reply);
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(a_stream_that_could_not_be_shared_has_an_end_of_its_own) {
  // The stream of the first has room for its own subscriber alone.
  SceneOptions options;
  options.adjust = [](LLMClientConfig& config) {
    config.limits.max_subscribers = 1;
    config.limits.max_concurrent = 2;
    config.max_retries = 0;
  };
  Scene scene{std::move(options)};
  scene.sim.inject(Fault::stall_before_response());
  GenerateOptions repeatable;
  repeatable.temperature = 0.0;
  auto& first = scene.stream("same", repeatable, "first");
  BOOST_REQUIRE(
      scene.sim.wait_until([](const auto& now) { return now.stalls_begun == 1; }, patience));
  scene.sim.inject(Fault::respond(500, "{}").on("/api/generate"));
  auto& second = scene.stream("same", repeatable, "second");
  BOOST_REQUIRE(second.record->wait_until(answered));
  BOOST_TEST(second.record->answers.front() == "server_error");
  BOOST_TEST(second.record->end_code == "server_error");
  BOOST_TEST(second.record->ends == 1u);
  anon_exit(first.requester, caf::exit_reason::kill);
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(a_follower_that_is_cancelled_ends_its_own_stream_and_no_other) {
  SceneOptions options;
  options.adjust = [](LLMClientConfig& config) { config.limits.max_concurrent = 2; };
  Scene scene{std::move(options)};
  scene.sim.inject(Fault::stall_after_lines(2));
  GenerateOptions repeatable;
  repeatable.temperature = 0.0;
  auto& first = scene.stream("same", repeatable, "first");
  BOOST_REQUIRE(first.record->wait_until([](const Record& seen) { return seen.chunks >= 2; }));
  auto& second = scene.stream("same", repeatable, "second");
  BOOST_REQUIRE(second.record->wait_until([](const Record& seen) { return seen.chunks >= 1; }));
  anon_tell(scene.llm().role(AIRole::overseer), cancel_atom_v, RequestId{"second"});
  BOOST_REQUIRE(second.record->wait_until(answered));
  BOOST_TEST(second.record->end_code == "cancelled");
  BOOST_TEST(first.record->ends == 0u);
  // One that dies is told, and its subscriber, once.
  auto& third = scene.stream("same", repeatable, "third");
  BOOST_REQUIRE(third.record->wait_until([](const Record& seen) { return seen.chunks >= 1; }));
  order_death(scene.component("third"), Death::error);
  BOOST_REQUIRE(third.record->wait_until(answered));
  BOOST_TEST(third.record->answers.front() == "component_failed");
  anon_exit(first.requester, caf::exit_reason::kill);
  BOOST_REQUIRE(first.record->wait_until([](const Record& seen) { return seen.ends > 0; }));
  const auto records = {first.record, second.record, third.record};
  BOOST_TEST(scene.take_down() == "");
  for (const auto& record : records)
    BOOST_TEST(record->ends == 1u);
}

BOOST_AUTO_TEST_CASE(the_requester_of_a_cancelled_stream_gets_the_text_so_far_like_its_subscriber) {
  Scene scene;
  scene.sim.inject(Fault::stall_after_lines(3));
  const auto record = std::make_shared<Record>();
  const auto view = spawn_recorder(scene.system(), record);
  {
    caf::scoped_actor self{scene.system()};
    const auto& role = scene.llm().role(AIRole::overseer);
    auto answer = ask(self, role, patience, generate_streaming_atom_v, std::string{"x"},
                      GenerateOptions{.id = {"mine"}}, view);
    BOOST_REQUIRE(record->wait_until([](const Record& seen) { return seen.chunks >= 3; }));
    anon_tell(role, cancel_atom_v, RequestId{"mine"});
    std::move(answer).receive([](const LLMResponse&) { BOOST_ERROR("an answer"); },
                              [&record](const caf::error& error) {
                                const auto failure = to_llm_error(error);
                                BOOST_TEST(to_string(failure.code) == "cancelled");
                                BOOST_TEST(failure.partial == record->text);
                                BOOST_TEST(failure.partial == "one two three");
                              });
  }
  BOOST_REQUIRE(record->wait_until([](const Record& seen) { return seen.ends == 1; }));
  anon_exit(view, caf::exit_reason::kill);
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(a_refused_stream_tells_its_subscriber_too) {
  Scene scene;
  scene.sim.inject(Fault::stall_before_response());
  auto& first = scene.stream("one", {}, "taken");
  BOOST_REQUIRE(
      scene.sim.wait_until([](const auto& now) { return now.stalls_begun == 1; }, patience));
  auto& second = scene.stream("two", {}, "taken");
  auto& third = scene.stream("three", {}, "a\nb");
  for (const auto* refused : {&second, &third}) {
    BOOST_REQUIRE(refused->record->wait_until(answered));
    BOOST_TEST(refused->record->answers.front() == "invalid_argument");
    BOOST_TEST(refused->record->end_code == "invalid_argument");
  }
  anon_exit(first.requester, caf::exit_reason::kill);
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(an_id_is_free_again_once_its_request_is_answered) {
  Scene scene;
  for (int i = 0; i < 200; ++i)
    BOOST_REQUIRE(scene.generate("again", {.id = {"same"}}));
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(a_shorter_limit_for_subscribers_holds_for_those_who_listen_already) {
  SceneOptions options;
  options.adjust = [](LLMClientConfig& config) { config.limits.subscriber_timeout = 1h; };
  Scene scene{std::move(options)};
  scene.sim.inject(Fault::stall_after_lines(3));
  const auto record = std::make_shared<Record>();
  const auto view = spawn_recorder(scene.system(), record, Pace::stuck);
  {
    caf::scoped_actor self{scene.system()};
    auto answer = ask(self, scene.llm().role(AIRole::overseer), patience, generate_streaming_atom_v,
                      std::string{"x"}, GenerateOptions{}, view);
    BOOST_REQUIRE(record->wait_until([](const Record& seen) { return seen.chunks >= 1; }));
    ask(self, scene.llm().config(), patience, update_config_atom_v,
        std::string{R"({"limits": {"subscriberTimeout": 1}})"})
        .receive([](const LLMClientConfig&) {},
                 [](const caf::error& error) { BOOST_ERROR(describe(error)); });
    BOOST_TEST(record->wait_until([](const Record& seen) { return seen.ends == 1; }));
    BOOST_TEST(record->end_code == "cancelled");
    std::move(answer).receive([](const LLMResponse&) {}, [](const caf::error&) {});
  }
  anon_exit(view, caf::exit_reason::kill);
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(figures_tell_what_is_queued_and_under_way) {
  Scene scene;
  scene.sim.inject(Fault::stall_before_response());
  auto& first = scene.stream("one");
  BOOST_REQUIRE(
      scene.sim.wait_until([](const auto& now) { return now.stalls_begun == 1; }, patience));
  auto& second = scene.stream("two");
  BOOST_REQUIRE(second.record->wait_until(
      [](const Record& seen) { return std::ranges::count(seen.phases, Phase::queued) > 0; }));
  const auto health = scene.health();
  BOOST_TEST(health.roles[0].in_flight == 1u);
  BOOST_TEST(health.roles[0].queued == 1u);
  BOOST_TEST(health.roles[1].in_flight == 0u);
  anon_exit(first.requester, caf::exit_reason::kill);
  BOOST_REQUIRE(second.record->wait_until(answered));
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_SUITE_END()
