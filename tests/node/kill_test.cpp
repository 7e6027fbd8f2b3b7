// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "tests/node/fixture.hpp"

/// Processes that are killed at each moment of a request: SIGKILL, without a word.
namespace nexus::llm::test {

BOOST_AUTO_TEST_SUITE(kills)

namespace {

using namespace std::chrono_literals;
constexpr auto overseer = AIRole::overseer;

/// Where a request stands when the process dies.
struct Moment {
  std::string name;
  std::optional<Fault> stall; ///< that keeps it there; nothing: it waits behind another
  std::size_t words = 0;      ///< of the answer that were told by then
};

std::vector<Moment> moments() {
  return {{"in the queue of the node", std::nullopt, 0},
          {"asked, without a word from Ollama", Fault::stall_before_response(), 0},
          {"one piece told", Fault::stall_after_lines(1), 1},
          {"two pieces told", Fault::stall_after_lines(2), 2},
          {"all pieces told, but not the end", Fault::stall_after_lines(3), 3}};
}

/// An Ollama that answers with three words, and a node that works on one request at a time.
struct Scene : NodeFixture {
  Scene() {
    simulator->set_reply("llama3.1:8b", "one two three");
    configure(simulator->base_url(), R"(, "limits": {"maxConcurrent": 1})");
    node.reset();
    start_node();
  }

  /// Until a request stands there.
  void wait_for(const Moment& moment, const std::function<bool(std::size_t words)>& told) {
    if (moment.words > 0)
      BOOST_REQUIRE_MESSAGE(told(moment.words), moment.name);
    else
      BOOST_REQUIRE(wait_until([](const auto& now) { return now.stalls_begun >= 1; }));
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(a_node_killed_at_any_moment_leaves_one_answer_and_one_end) {
  for (const auto& moment : moments()) {
    BOOST_TEST_CONTEXT(moment.name) {
      Scene scene;
      const auto remote = scene.connect_client();
      caf::scoped_actor self{*scene.system};
      scene.simulator->inject(moment.stall.value_or(Fault::stall_before_response()));
      const auto other = std::make_shared<Record>();
      const auto record = std::make_shared<Record>();
      auto ahead = moment.stall ? std::nullopt
                                : std::optional{scene.stream(self, *remote, "ahead",
                                                             spawn_recorder(*scene.system, other))};
      auto pending = scene.stream(self, *remote, "a", spawn_recorder(*scene.system, record));
      scene.wait_for(moment, [&record](std::size_t words) {
        return record->wait_until([words](const Record& now) { return now.chunks == words; });
      });
      if (!moment.stall)
        BOOST_REQUIRE(record->wait_until([](const Record& now) {
          return !now.phases.empty() && now.phases.front() == Phase::queued;
        }));
      scene.kill_node();
      scene.simulator->clear_faults();
      scene.start_node();
      const auto outcome = outcome_of(std::move(pending));
      BOOST_TEST(outcome == (moment.words == 0 ? "answered" : "node_lost"));
      if (ahead)
        BOOST_TEST(outcome_of(std::move(*ahead)) == "answered");
      BOOST_TEST(record->wait_until([](const Record& now) { return now.ends == 1; }));
      const std::string_view whole = "one two three";
      BOOST_TEST((moment.words == 0 ? record->text == whole : whole.starts_with(record->text)));
      BOOST_TEST(record->in_order);
      // All is as before.
      LLMIntegration api{*scene.system, remote->handles()};
      BOOST_TEST(api.generate("Count", overseer).value().response == whole);
      const std::lock_guard lock{record->mutex()};
      BOOST_TEST(record->ends == 1u);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_client_killed_at_any_moment_leaves_nothing_running) {
  for (const auto& moment : moments()) {
    BOOST_TEST_CONTEXT(moment.name) {
      Scene scene;
      scene.simulator->inject(moment.stall.value_or(Fault::stall_before_response()));
      const Arguments arguments{"--connect", scene.endpoint.text(), "generate", "Count"};
      const auto remote = scene.connect_client();
      LLMIntegration api{*scene.system, remote->handles()};
      caf::scoped_actor self{*scene.system};
      const auto other = std::make_shared<Record>();
      auto ahead = moment.stall ? std::nullopt
                                : std::optional{scene.stream(self, *remote, "ahead",
                                                             spawn_recorder(*scene.system, other))};
      Child client{scene.child_options(arguments)};
      client.close_input();
      scene.wait_for(moment, [&client](std::size_t words) {
        const std::string_view all[] = {"one", "two", "three"};
        return client.read_until(all[words - 1]);
      });
      auto busy = [&api] {
        const auto stats = api.stats(overseer).value();
        return std::size_t{stats.queued} + stats.in_flight;
      };
      const std::size_t others = moment.stall ? 0 : 1;
      BOOST_TEST(ask_again_until([&] { return busy() == 1 + others; }));
      client.signal(SIGKILL);
      BOOST_TEST(ask_again_until([&] { return busy() == others; }));
      if (moment.stall)
        BOOST_TEST(scene.wait_until([](const auto& now) { return now.disconnects_seen == 1; }));
      scene.simulator->clear_faults();
      if (ahead) {
        BOOST_TEST(api.cancel(overseer, {"ahead"}).value());
        BOOST_TEST(outcome_of(std::move(*ahead)) == "cancelled");
      }
      BOOST_TEST(api.generate("Count", overseer).has_value());
      BOOST_TEST(scene.simulator->counters().running == 0u);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(a_node_killed_at_random_moments_loses_no_answer, NodeFixture) {
  std::string words;
  for (int i = 0; i < 20; ++i)
    words += "w" + std::to_string(i) + " ";
  simulator->set_reply("llama3.1:8b", words);
  simulator->set_delays(0ms, 5ms, 2ms);
  const auto remote = connect_client();
  int answered = 0;
  int lost = 0;
  for (int round = 0; round < 24; ++round) {
    BOOST_TEST_CONTEXT("round " << round) {
      caf::scoped_actor self{*system};
      const auto record = std::make_shared<Record>();
      auto streamed = stream(self, *remote, std::to_string(round), spawn_recorder(*system, record));
      auto plain =
          ask(self, remote->role(overseer), patience, generate_atom_v, std::string{"Count"});
      // The first deaths come by the clock, the others once so much was heard.
      if (round < 12)
        self->receive(caf::after(std::chrono::milliseconds{3 * round}) >> [] {});
      else
        BOOST_TEST(record->wait_until([round](const Record& now) {
          return now.ends > 0 || now.chunks >= static_cast<std::size_t>(round - 11);
        }));
      kill_node();
      start_node();
      BOOST_TEST(outcome_of(std::move(plain)) == "answered");
      const auto outcome = outcome_of(std::move(streamed));
      BOOST_TEST((outcome == "answered" || outcome == "node_lost"), outcome);
      BOOST_TEST(record->wait_until([](const Record& now) { return now.ends == 1; }));
      BOOST_TEST(record->in_order);
      if (outcome == "answered")
        BOOST_TEST(record->text == words);
      else
        BOOST_TEST(std::string_view{words}.starts_with(record->text));
      ++(outcome == "answered" ? answered : lost);
    }
  }
  // Both must have been met, or the moments were none.
  BOOST_TEST(answered > 0);
  BOOST_TEST(lost > 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::llm::test
