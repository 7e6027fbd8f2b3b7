// SPDX-License-Identifier: BSD-3-Clause
// A conversation survives: nothing of it is lost, no turn is sent more often than once too many,
// and what belongs to another attempt reaches nobody.
#include <boost/test/unit_test.hpp>

#include <algorithm>

#include "actors/internal_interfaces.hpp"
#include "config/json.hpp"
#include "tests/reliability/scene.hpp"
#include "tests/reliability/scripted_transport.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;
using namespace std::chrono_literals;
using simulator::Fault;

BOOST_AUTO_TEST_SUITE(conversations)

namespace {

std::vector<ChatMessage> conversation() {
  return {{.role = ChatRole::system, .content = "Be brief."},
          {.role = ChatRole::user, .content = "Name a number. \"Any\" \u2713"},
          {.role = ChatRole::assistant, .content = "Seven"},
          {.role = ChatRole::user, .content = "Another one."}};
}

/// The conversations that reached Ollama.
std::vector<std::string> sent_messages(const Scene& scene) {
  std::vector<std::string> all;
  for (const auto& request : scene.sim.requests())
    if (request.target == "/api/chat") {
      const auto body = json::parse(request.body);
      BOOST_REQUIRE(body.has_value());
      all.push_back(json::to_text(*json::find(*body, "messages")));
    }
  return all;
}

void kill(Scene& scene, const std::string& component) {
  const auto target = scene.component(component);
  order_death(target, Death::exception);
  BOOST_REQUIRE(wait_for_death(scene.system(), target, patience));
}

bool over(const Record& seen) { return seen.ends > 0 && !seen.answers.empty(); }

} // namespace

BOOST_AUTO_TEST_CASE(a_crash_in_the_middle_of_a_turn_loses_no_message_of_the_conversation) {
  for (const std::string component :
       {"OllamaClientActor", "StreamingActor", "RoleActor/overseer", "ModelManagerActor"})
    BOOST_TEST_CONTEXT(component) {
      Scene scene;
      scene.sim.inject(Fault::stall_after_lines(3, 200ms));
      const auto& turn = *scene.chat(conversation()).record;
      BOOST_REQUIRE(turn.wait_until([](const Record& seen) { return seen.chunks >= 3; }));
      kill(scene, component);
      BOOST_REQUIRE(turn.wait_until(over));
      BOOST_TEST(turn.answers.front() == "answered");
      BOOST_TEST(turn.text == Scene::reply);
      BOOST_TEST(turn.in_order);
      const auto sent = sent_messages(scene);
      BOOST_REQUIRE(!sent.empty());
      BOOST_TEST(sent.size() <= 2u);
      BOOST_TEST(sent.front().find("Another one.") != std::string::npos);
      BOOST_TEST(sent.back() == sent.front());
      BOOST_TEST(scene.take_down() == "");
    }
}

BOOST_AUTO_TEST_CASE(a_turn_is_sent_again_only_once_after_something_of_it_was_seen) {
  for (const std::string component : {"OllamaClientActor", "StreamingActor"})
    BOOST_TEST_CONTEXT(component) {
      Scene scene;
      scene.sim.inject(Fault::stall_after_lines(3).times(2));
      const auto& turn = *scene.chat(conversation()).record;
      BOOST_REQUIRE(turn.wait_until([](const Record& seen) { return seen.chunks >= 3; }));
      kill(scene, component);
      BOOST_REQUIRE(turn.wait_until([](const Record& seen) { return seen.chunks >= 6; }));
      kill(scene, component);
      BOOST_REQUIRE(turn.wait_until(over));
      BOOST_TEST(turn.answers.front() == "component_failed");
      BOOST_TEST(turn.end_code == "component_failed");
      BOOST_TEST(sent_messages(scene).size() == 2u);
      BOOST_TEST(scene.take_down() == "");
    }
}

BOOST_AUTO_TEST_CASE(what_a_superseded_attempt_brings_late_reaches_nobody) {
  auto desk = std::make_shared<ScriptedTransport::Desk>();
  SceneOptions options;
  options.make_transport = [desk] { return std::make_unique<ScriptedTransport>(desk); };
  options.adjust = [](LLMClientConfig& config) { config.timeout = 100ms; };
  Scene scene{std::move(options)};
  {
    auto& caller = scene.stream("asked");
    auto* first = desk->wait_for(0);
    BOOST_REQUIRE(first != nullptr);
    // It is given up for its silence, and the next attempt begins.
    auto* second = desk->wait_for(1);
    BOOST_REQUIRE(second != nullptr);
    ScriptedTransport::say(*second, "{\"model\":\"m\",\"response\":\"fresh \",\"done\":false}\n",
                           false);
    ScriptedTransport::say(*first,
                           "{\"model\":\"m\",\"response\":\"stale \",\"done\":false}\n"
                           "{\"model\":\"m\",\"response\":\"\",\"done\":true}\n",
                           true);
    // Late on the last stretch as well: between the client and the stream.
    const auto streaming = caf::actor_cast<streaming_actor>(scene.component("StreamingActor"));
    anon_tell(streaming,
              StreamBatch{.id = {"run-1"}, .attempt = 1, .chunks = {{.response = "stale "}}});
    ScriptedTransport::say(*second, "{\"model\":\"m\",\"response\":\"text\",\"done\":true}\n",
                           true);
    BOOST_REQUIRE(caller.record->wait_until(over));
    BOOST_TEST(caller.record->text == "fresh text");
    BOOST_TEST(caller.record->in_order);
    BOOST_TEST(caller.record->answers.front() == "wrong: fresh text");
  }
  BOOST_TEST(scene.take_down() == "");
  BOOST_TEST(scene.answers_of("asked") == 1u);
}

BOOST_AUTO_TEST_CASE(what_a_cancelled_request_brings_late_reaches_nobody_not_even_under_its_id) {
  auto desk = std::make_shared<ScriptedTransport::Desk>();
  SceneOptions options;
  options.make_transport = [desk] { return std::make_unique<ScriptedTransport>(desk); };
  Scene scene{std::move(options)};
  {
    auto& cancelled = scene.stream("asked");
    auto* first = desk->wait_for(0);
    BOOST_REQUIRE(first != nullptr);
    caf::scoped_actor self{scene.system()};
    ask(self, scene.llm().role(AIRole::overseer), patience, cancel_atom_v, RequestId{"asked"})
        .receive([](bool found) { BOOST_TEST(found); },
                 [](const caf::error& error) { BOOST_ERROR(describe(error)); });
    auto& again = scene.stream("asked");
    auto* second = desk->wait_for(1);
    BOOST_REQUIRE(second != nullptr);
    ScriptedTransport::say(*first, "{\"model\":\"m\",\"response\":\"stale\",\"done\":true}\n",
                           true);
    ScriptedTransport::say(*second, "{\"model\":\"m\",\"response\":\"fresh\",\"done\":true}\n",
                           true);
    BOOST_REQUIRE(again.record->wait_until(over));
    BOOST_TEST(again.record->text == "fresh");
    BOOST_TEST(cancelled.record->text == "");
    BOOST_TEST(cancelled.record->end_code == "cancelled");
    BOOST_TEST(cancelled.record->answers.front() == "cancelled");
  }
  BOOST_TEST(scene.take_down() == "");
  BOOST_TEST(scene.answers_of("asked") == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
