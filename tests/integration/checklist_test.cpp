// SPDX-License-Identifier: BSD-3-Clause
// The lines "Integration Tests" and "User Acceptance Tests" of the specification's checklist.
#include <atomic>
#include <future>
#include <thread>

#include "tests/integration/fixture.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;

BOOST_AUTO_TEST_SUITE(checklist)

BOOST_AUTO_TEST_CASE(ollama_api_communication_reuses_one_connection) {
  World world;
  for (int i = 0; i < 20; ++i) {
    const auto answer = world.api.generate("Plan a release", overseer);
    BOOST_REQUIRE(answer);
    BOOST_TEST(answer->done);
    BOOST_TEST(answer->model == "llama3.1:8b");
    BOOST_TEST(answer->stats.eval_count > 0u);
    BOOST_TEST(answer->done_reason == "stop");
  }
  BOOST_TEST(world.api.list_available_models()->size() == 3u);
  BOOST_TEST(world.api.version().has_value());
  // An answer is passed on at its last line. If the end of the exchange comes after the next
  // request, that one takes another connection, and those behind it take either.
  BOOST_TEST(world.sim.counters().accepts <= 2u);
}

BOOST_AUTO_TEST_CASE(streaming_response_arrives_while_it_is_generated) {
  auto options = default_models();
  options.token_delay = 10ms;
  World world{options};
  std::string text;
  std::size_t chunks = 0;
  std::vector<std::chrono::steady_clock::time_point> times;
  const auto answer =
      world.api.generate_streaming("Plan a release", overseer, [&](const LLMStreamChunk& chunk) {
        times.push_back(std::chrono::steady_clock::now());
        text += chunk.response;
        ++chunks;
        return true;
      });
  BOOST_REQUIRE(answer);
  BOOST_TEST(text == answer->response);
  BOOST_TEST(chunks > 5u);
  // The first chunk came long before the last: nothing waited for the whole.
  BOOST_TEST((times.back() - times.front() > 20ms));
}

BOOST_AUTO_TEST_CASE(model_switching_takes_effect_on_the_next_request) {
  World world;
  BOOST_TEST(world.api.generate("a", overseer)->model == "llama3.1:8b");
  const auto set = world.api.set_model_for_role(overseer, "spare:1b");
  BOOST_REQUIRE(set);
  BOOST_TEST(set->name == "spare:1b");
  BOOST_TEST(*world.api.get_model_for_role(overseer) == "spare:1b");
  BOOST_TEST(world.api.generate("a", overseer)->model == "spare:1b");
  BOOST_TEST(world.api.generate("a", implementation)->model == "qwen2.5-coder:7b");
}

BOOST_AUTO_TEST_CASE(error_recovery_gives_a_full_answer_after_failed_attempts) {
  World world;
  world.sim.inject(Fault::close_before_response().times(2));
  const auto answer = world.api.generate("Plan a release", overseer);
  BOOST_REQUIRE(answer);
  // libcurl repeats by itself what a kept connection turns out to have lost, so it may be one less.
  BOOST_TEST(answer->provenance.attempts >= 2u);
  BOOST_TEST(answer->provenance.attempts <= 3u);
  BOOST_TEST(answer->done);
}

BOOST_AUTO_TEST_CASE(a_server_that_comes_back_within_the_retries_answers) {
  World world{default_models(), [](LLMClientConfig& config) {
                config.retry_delay = 200ms;
                config.max_retries = 50;
              }};
  BOOST_REQUIRE(world.api.generate("warm", overseer));
  world.sim.stop();
  std::thread comeback;
  Probe probe{world.system()};
  caf::scoped_actor self{world.system()};
  [[maybe_unused]] auto pending =
      ask(self, world.llm().role(overseer), deadline, generate_streaming_atom_v,
          std::string{"Plan"}, GenerateOptions{}, probe.handle());
  // It comes back after an attempt has failed, so it is a further one that is answered.
  probe.wait_until([](const Heard& heard) { return heard.saw(Phase::retrying); });
  world.sim.start();
  const auto heard = probe.wait_for_end();
  heard.check_order();
  BOOST_TEST(heard.errors.empty());
  BOOST_TEST(heard.chunks.back().final->provenance.attempts >= 2u);
}

BOOST_AUTO_TEST_CASE(timeout_of_a_complete_request_is_told_as_such) {
  World world{default_models(), [](LLMClientConfig& config) {
                config.timeout = 100ms;
                config.max_retries = 1;
              }};
  world.sim.inject(Fault::stall_before_response().times(0));
  const auto answer = world.api.generate("Plan", overseer);
  BOOST_REQUIRE(!answer);
  BOOST_TEST(to_string(answer.error().code) == "first_token_timeout");
  BOOST_TEST(answer.error().attempts == 2u);
}

BOOST_AUTO_TEST_CASE(a_stream_that_falls_silent_ends_with_its_partial_text) {
  auto options = default_models();
  options.models[0].reply = "one two three four five six";
  World world{options, [](LLMClientConfig& config) { config.gap_timeout = 100ms; }};
  world.sim.inject(Fault::stall_after_lines(3));
  const auto answer = world.api.generate_streaming("x", overseer, {});
  BOOST_REQUIRE(!answer);
  BOOST_TEST(to_string(answer.error().code) == "gap_timeout");
  BOOST_TEST(answer.error().partial.starts_with("one two"));
  BOOST_TEST(world.sim.wait_until(
      [](const simulator::Counters& counters) { return counters.disconnects_seen == 1; }, 5s));
}

BOOST_AUTO_TEST_CASE(a_stream_may_not_take_longer_than_its_total_time) {
  auto options = default_models();
  options.token_delay = 20ms;
  options.models[0].reply = std::string(2000, 'a') + " " + std::string(2000, 'b');
  for (int i = 0; i < 200; ++i)
    options.models[0].reply += " word";
  World world{options};
  GenerateOptions limited;
  limited.total_timeout = 150ms;
  const auto answer = world.api.generate_streaming("x", overseer, {}, limited);
  BOOST_REQUIRE(!answer);
  BOOST_TEST(to_string(answer.error().code) == "total_timeout");
}

BOOST_AUTO_TEST_CASE(overseer_plans_and_implementation_writes_code) {
  World world;
  const auto plan = world.api.generate("Plan the release", overseer);
  const auto code = world.api.generate("Write a function that sorts", implementation);
  BOOST_REQUIRE(plan);
  BOOST_REQUIRE(code);
  BOOST_TEST(plan->model == "llama3.1:8b");
  BOOST_TEST(code->model == "qwen2.5-coder:7b");
  BOOST_TEST(plan->response.find("1.") != std::string::npos);
  BOOST_TEST(code->response.find("```") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(both_roles_stream_at_the_same_time) {
  World world;
  // Neither goes on after its first line, so each has begun before the other ends.
  world.sim.inject(Fault::stall_after_lines(1).times(2));
  const Probe plan{world.system()};
  const Probe code{world.system()};
  caf::scoped_actor self{world.system()};
  auto begin = [&](AIRole role, const Probe& probe) {
    return ask(self, world.llm().role(role), deadline, generate_streaming_atom_v,
               std::string{"Write code"}, GenerateOptions{}, probe.handle());
  };
  [[maybe_unused]] auto planned = begin(overseer, plan);
  [[maybe_unused]] auto coded = begin(implementation, code);
  BOOST_TEST(world.sim.wait_until(
      [](const simulator::Counters& counters) { return counters.stalls_begun == 2; }, deadline));
  BOOST_TEST(!plan.heard().ended());
  BOOST_TEST(!code.heard().ended());
}

BOOST_AUTO_TEST_CASE(streams_of_both_roles_end_well) {
  World world;
  auto stream = [&world](AIRole role) {
    std::string text;
    const auto answer =
        world.api.generate_streaming("Write code", role, [&text](const LLMStreamChunk& chunk) {
          text += chunk.response;
          return true;
        });
    return answer && !text.empty() && text == answer->response;
  };
  auto second = std::async(std::launch::async, [&] { return stream(implementation); });
  BOOST_TEST(stream(overseer));
  BOOST_TEST(second.get());
}

BOOST_AUTO_TEST_CASE(errors_are_handled_gracefully_and_the_next_request_works) {
  World world;
  world.sim.inject(Fault::respond(400, R"({"error":"bad"})"));
  const auto bad = world.api.generate("a", overseer);
  BOOST_REQUIRE(!bad);
  BOOST_TEST(to_string(bad.error().code) == "bad_request");
  BOOST_TEST(sentence(bad.error()).find("bad\"") == std::string::npos);
  BOOST_TEST(world.api.generate("a", overseer).has_value());
}

BOOST_AUTO_TEST_CASE(
    stopping_the_server_in_mid_stream_gives_the_stream_error_with_the_partial_text) {
  auto options = default_models();
  options.models[0].reply = "one two three four five six";
  World world{options};
  world.sim.inject(Fault::stall_after_lines(3));
  Probe probe{world.system()};
  caf::scoped_actor self{world.system()};
  [[maybe_unused]] auto pending =
      ask(self, world.llm().role(overseer), deadline, generate_streaming_atom_v, std::string{"x"},
          GenerateOptions{}, probe.handle());
  probe.wait_until([](const Heard& heard) { return heard.chunks.size() >= 3; });
  world.sim.stop();
  const auto heard = probe.wait_for_end();
  heard.check_order();
  BOOST_REQUIRE(heard.errors.size() == 1u);
  BOOST_TEST(to_string(heard.errors[0].error.code) == "stream_interrupted");
  BOOST_TEST(heard.errors[0].error.partial == heard.text());
  std::move(pending).receive([](const LLMResponse&) { BOOST_FAIL("an answer"); },
                             [](const caf::error& error) {
                               BOOST_TEST(to_string(to_llm_error(error).code) ==
                                          "stream_interrupted");
                             });
}

BOOST_AUTO_TEST_CASE(a_thousand_requests_are_answered_quickly) {
  World world;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i)
    BOOST_REQUIRE(world.api.generate("quick", overseer));
  const auto each = (std::chrono::steady_clock::now() - begin) / 1000;
  BOOST_TEST_MESSAGE("microseconds for each request: " << each / 1us);
  BOOST_TEST((each < 20ms));
}

BOOST_AUTO_TEST_SUITE_END()
