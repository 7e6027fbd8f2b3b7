// SPDX-License-Identifier: BSD-3-Clause
#include "tests/integration/fixture.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;

BOOST_AUTO_TEST_SUITE(supervision)

namespace {

const std::vector<std::string> components{"ConfigActor",        "OllamaClientActor",
                                          "StreamingActor",     "ModelManagerActor",
                                          "RoleActor/overseer", "RoleActor/implementation"};

simulator::SimulatorOptions numbers() {
  auto options = default_models();
  options.models[0].reply = "one two three four five six";
  return options;
}

} // namespace

BOOST_AUTO_TEST_CASE(handles_stay_valid_when_any_component_dies_idle) {
  World world;
  for (const auto& component : components) {
    BOOST_TEST_CONTEXT(component) {
      world.kill(component);
      BOOST_TEST(world.api.generate("a", overseer).has_value());
      BOOST_TEST(world.api.generate_streaming("a", implementation, {}).has_value());
      BOOST_TEST(world.api.list_available_models().has_value());
      BOOST_TEST(world.api.load_config().has_value());
      world.wait_for_restarts(component, 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_request_survives_the_death_of_any_component_before_its_first_byte) {
  for (const auto& component : components) {
    BOOST_TEST_CONTEXT(component) {
      World world{numbers()};
      world.sim.inject(Fault::stall_before_response(400ms));
      caf::scoped_actor self{world.system()};
      auto pending =
          ask(self, world.llm().role(overseer), deadline, generate_atom_v, std::string{"x"});
      BOOST_REQUIRE(world.sim.wait_until(
          [](const simulator::Counters& counters) { return counters.stalls_begun == 1; }, 5s));
      world.kill(component);
      std::move(pending).receive(
          [](const LLMResponse& answer) {
            BOOST_TEST(answer.response == "one two three four five six");
          },
          [](const caf::error& error) { BOOST_ERROR(describe(error)); });
    }
  }
}

BOOST_AUTO_TEST_CASE(a_stream_survives_the_death_of_any_component_and_subscribers_are_told) {
  for (const auto& component : components) {
    BOOST_TEST_CONTEXT(component) {
      World world{numbers()};
      world.sim.inject(Fault::stall_after_lines(3, 400ms));
      caf::scoped_actor self{world.system()};
      Probe probe{world.system()};
      auto pending = ask(self, world.llm().role(overseer), deadline, generate_streaming_atom_v,
                         std::string{"x"}, GenerateOptions{}, probe.handle());
      probe.wait_until([](const Heard& heard) { return heard.chunks.size() == 3; });
      world.kill(component);
      const auto heard = probe.wait_for_end();
      heard.check_order();
      BOOST_TEST(heard.text() == "one two three four five six");
      const bool in_the_way = component == "OllamaClientActor" || component == "StreamingActor";
      BOOST_TEST(heard.saw(Phase::restarted) == in_the_way);
      std::move(pending).receive(
          [](const LLMResponse& answer) {
            BOOST_TEST(answer.response == "one two three four five six");
          },
          [](const caf::error& error) { BOOST_ERROR(describe(error)); });
    }
  }
}

BOOST_AUTO_TEST_CASE(a_call_about_models_survives_the_death_of_whoever_works_on_it) {
  for (const std::string component : {"ModelManagerActor", "OllamaClientActor"}) {
    BOOST_TEST_CONTEXT(component) {
      World world;
      world.sim.inject(Fault::stall_before_response().on("/api/show"));
      caf::scoped_actor self{world.system()};
      auto pending =
          ask(self, world.llm().models(), deadline, show_model_atom_v, std::string{"llama3.1:8b"});
      BOOST_REQUIRE(world.sim.wait_until(
          [](const simulator::Counters& counters) { return counters.stalls_begun == 1; }, 5s));
      world.kill(component);
      std::move(pending).receive(
          [](const ModelDetails& details) { BOOST_TEST(details.context_length > 0u); },
          [](const caf::error& error) { BOOST_ERROR(describe(error)); });
    }
  }
}

BOOST_AUTO_TEST_CASE(ending_the_system_answers_everybody) {
  auto world = std::make_unique<World>(numbers());
  world->sim.inject(Fault::stall_before_response());
  caf::scoped_actor self{world->system()};
  auto pending =
      ask(self, world->llm().role(overseer), deadline, generate_atom_v, std::string{"x"});
  BOOST_REQUIRE(world->sim.wait_until(
      [](const simulator::Counters& counters) { return counters.stalls_begun == 1; }, 5s));
  wait_for_end(world->system(), world->llm().root(), 5s);
  std::move(pending).receive([](const LLMResponse&) { BOOST_FAIL("an answer"); },
                             [](const caf::error& error) {
                               BOOST_TEST(to_string(to_llm_error(error).code) == "shutting_down");
                             });
}

BOOST_AUTO_TEST_CASE(a_caller_cannot_end_what_others_hold_handles_to) {
  World world;
  anon_exit(world.llm().role(overseer), caf::exit_reason::user_shutdown);
  anon_exit(world.llm().models(), caf::exit_reason::user_shutdown);
  BOOST_TEST(world.api.generate("a", overseer).has_value());
  BOOST_TEST(world.api.list_available_models().has_value());
}

BOOST_AUTO_TEST_CASE(a_system_that_does_not_know_the_messages_is_refused_with_what_to_do) {
  // CAF 1.x has one table of types for the process, which other tests have filled.
  caf::actor_system_config bare;
  caf::actor_system system{bare};
  if (knows_messages(system))
    return;
  const auto llm = LLMSystem::start(system, {.store = make_memory_store({})});
  BOOST_REQUIRE(!llm);
  BOOST_TEST(to_string(llm.error().code) == "not_set_up");
  BOOST_TEST(sentence(llm.error()).find("nexus::llm::setup") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
