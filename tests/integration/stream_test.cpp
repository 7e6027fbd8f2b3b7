// SPDX-License-Identifier: BSD-3-Clause
#include "tests/integration/fixture.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;

BOOST_AUTO_TEST_SUITE(streams)

namespace {

simulator::SimulatorOptions numbers() {
  auto options = default_models();
  options.models[0].reply = "one two three four five six seven eight nine ten";
  return options;
}
constexpr std::string_view all_numbers = "one two three four five six seven eight nine ten";

GenerateOptions named(const char* id) {
  GenerateOptions options;
  options.id = {id};
  return options;
}

auto begin(caf::scoped_actor& self, World& world, Probe& probe, GenerateOptions options) {
  return ask(self, world.llm().role(overseer), deadline, generate_streaming_atom_v,
             std::string{"x"}, std::move(options), probe.handle());
}

} // namespace

BOOST_AUTO_TEST_CASE(a_callback_that_throws_ends_its_stream) {
  World world;
  world.sim.inject(Fault::stall_after_lines(2));
  BOOST_CHECK_THROW(
      static_cast<void>(world.api.generate_streaming(
          "x", overseer, [](const LLMStreamChunk&) -> bool { throw std::runtime_error{"no"}; })),
      std::runtime_error);
  BOOST_TEST(world.sim.wait_until(
      [](const simulator::Counters& counters) { return counters.disconnects_seen == 1; }, 2s));
  BOOST_TEST(world.api.generate("y", overseer).has_value());
}

BOOST_AUTO_TEST_CASE(a_slow_subscriber_loses_nothing_and_holds_nobody_up) {
  auto options = default_models();
  std::string text;
  for (int i = 0; i < 500; ++i)
    text += "word" + std::to_string(i) + " ";
  options.models[0].reply = text;
  World world{options, [](LLMClientConfig& config) { config.limits.subscriber_window = 2; }};
  caf::scoped_actor self{world.system()};
  Probe slow{world.system(), true};
  Probe fast{world.system()};
  world.sim.inject(Fault::stall_after_lines(1, 100ms));
  [[maybe_unused]] auto pending = begin(self, world, slow, named("a"));
  slow.wait_until([](const Heard& heard) { return !heard.chunks.empty(); });
  ask(self, world.llm().role(overseer), deadline, subscribe_atom_v, RequestId{"a"}, fast.handle())
      .receive([](Ack) {}, [](const caf::error& error) { BOOST_FAIL(describe(error)); });
  const auto heard_fast = fast.wait_for_end();
  BOOST_TEST(heard_fast.text() == text);
  std::move(pending).receive(
      [&text](const LLMResponse& answer) { BOOST_TEST(answer.response == text); },
      [](const caf::error& error) { BOOST_FAIL(describe(error)); });
  BOOST_TEST(!slow.heard().ended());
  slow.handle_all();
  const auto heard_slow = slow.wait_for_end();
  heard_slow.check_order();
  BOOST_TEST(heard_slow.text() == text);
  // What came while it was busy was put together.
  BOOST_TEST(heard_slow.chunks.size() < 10u);
}

BOOST_AUTO_TEST_CASE(cancelling_aborts_the_transfer_at_once) {
  World world{numbers()};
  world.sim.inject(Fault::stall_after_lines(2));
  caf::scoped_actor self{world.system()};
  Probe probe{world.system()};
  [[maybe_unused]] auto pending = begin(self, world, probe, named("a"));
  probe.wait_until([](const Heard& heard) { return heard.chunks.size() == 2; });
  const auto cancelled = std::chrono::steady_clock::now();
  BOOST_TEST(world.api.cancel(overseer, {"a"}).value());
  BOOST_REQUIRE(world.sim.wait_until(
      [](const simulator::Counters& counters) { return counters.disconnects_seen == 1; }, 5s));
  BOOST_TEST((std::chrono::steady_clock::now() - cancelled < 100ms));
  const auto heard = probe.wait_for_end();
  heard.check_order();
  BOOST_TEST(to_string(heard.errors[0].error.code) == "cancelled");
  BOOST_TEST(heard.errors[0].error.partial == heard.text());
  std::move(pending).receive([](const LLMResponse&) { BOOST_FAIL("an answer"); },
                             [](const caf::error& error) {
                               BOOST_TEST(to_string(to_llm_error(error).code) == "cancelled");
                             });
  BOOST_TEST(!world.api.cancel(overseer, {"a"}).value());
}

BOOST_AUTO_TEST_CASE(the_chunks_of_a_stream_that_starts_over_are_counted_anew) {
  auto options = default_models();
  options.models[0].reply = "one two three four five";
  World world{options, [](LLMClientConfig& config) {
                config.stream_recovery = StreamRecovery::restart;
                config.max_retries = 2;
              }};
  world.sim.inject(Fault::reset_after_lines(3));
  std::uint64_t next = 0;
  int restarts = 0;
  std::string text;
  const auto answer = world.api.generate_streaming("x", overseer, [&](const LLMStreamChunk& chunk) {
    if (chunk.restarted) {
      ++restarts;
      BOOST_TEST(next > 0u);
      next = 0;
      text.clear();
    }
    BOOST_TEST(chunk.seq == next++);
    text += chunk.response;
    return true;
  });
  BOOST_REQUIRE(answer);
  BOOST_TEST(restarts == 1);
  BOOST_TEST(text == answer->response);
  BOOST_TEST(answer->provenance.restarted);
}

BOOST_AUTO_TEST_SUITE_END()
