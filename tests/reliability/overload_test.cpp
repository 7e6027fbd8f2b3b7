// SPDX-License-Identifier: BSD-3-Clause
// Nothing is unbounded: a flood is turned away at once and starves nobody.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>

#include "tests/reliability/process.hpp"
#include "tests/reliability/scene.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;
using namespace std::chrono_literals;
using simulator::Fault;

BOOST_AUTO_TEST_SUITE(overload)

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t flood = 10'000;
constexpr std::size_t queue_length = 100;
constexpr std::size_t places = 2;

void small_queue(LLMClientConfig& config) {
  config.limits.max_concurrent = places;
  config.limits.queue_length = queue_length;
}

/// Counts the answers to a flood of requests.
struct Tally {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, std::size_t> outcomes;
  std::size_t total = 0;

  void add(const std::string& outcome) {
    std::lock_guard lock{mutex};
    ++outcomes[outcome];
    ++total;
    changed.notify_all();
  }
  [[nodiscard]] bool wait_for(std::size_t count) {
    std::unique_lock lock{mutex};
    return changed.wait_for(lock, 60s, [&] { return total >= count; });
  }
};

/// Throws all requests at a role at once and counts what comes back.
caf::actor throw_at(Scene& scene, std::shared_ptr<Tally> tally, GenerateOptions options = {}) {
  return scene.system().spawn([role = scene.llm().role(AIRole::overseer), tally,
                               options](caf::event_based_actor* self) -> caf::behavior {
    for (std::size_t i = 0; i < flood; ++i)
      ask(self, role, 60s, generate_atom_v, std::string{"flood"}, options)
          .then([tally](const LLMResponse&) { tally->add("answered"); },
                [tally](const caf::error& error) {
                  tally->add(std::string{to_string(to_llm_error(error).code)});
                });
    return {[](const std::string&) {}};
  });
}

} // namespace

BOOST_AUTO_TEST_CASE(what_does_not_fit_the_queue_is_rejected_at_once_and_the_rest_is_answered) {
  Scene scene{{.adjust = small_queue}};
  scene.sim.inject(Fault::stall_before_response().times(places));
  auto tally = std::make_shared<Tally>();
  const auto before = resident_bytes();
  const auto began = Clock::now();
  auto client = throw_at(scene, tally);
  BOOST_REQUIRE(tally->wait_for(flood - queue_length - places));
  const auto took = Clock::now() - began;
  BOOST_TEST(tally->outcomes["queue_full"] == flood - queue_length - places);
  // While not one request has been answered.
  BOOST_TEST(tally->outcomes.size() == 1u);
  BOOST_TEST((took < (sanitized ? 60s : 10s)));
  BOOST_TEST_MESSAGE("rejected in "
                     << std::chrono::duration_cast<std::chrono::milliseconds>(took).count()
                     << " ms, " << (resident_bytes() - before) / 1024 << " KiB more in memory");
  // The messages of the flood itself are most of it.
  BOOST_TEST((sanitized || resident_bytes() < before + (100u << 20)));
  const auto stats = scene.stats(AIRole::overseer);
  BOOST_TEST(stats.queued == queue_length);
  BOOST_TEST(stats.in_flight == places);
  BOOST_TEST(stats.rejected == flood - queue_length - places);
  // Those at Ollama are cut; they and the queue are answered after all.
  scene.sim.stop();
  scene.sim.start();
  BOOST_REQUIRE(tally->wait_for(flood));
  BOOST_TEST(tally->outcomes["answered"] == queue_length + places);
  anon_exit(client, caf::exit_reason::kill);
  client = nullptr;
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(the_flood_of_one_role_does_not_starve_the_other) {
  Scene scene{{.adjust = small_queue}};
  scene.sim.set_delays(0ms, 0ms, 2ms);
  // What a request takes without a flood.
  const auto calm = Clock::now();
  BOOST_REQUIRE(scene.generate("calm", {}, AIRole::implementation));
  const auto calm_time = Clock::now() - calm;
  auto tally = std::make_shared<Tally>();
  auto client = throw_at(scene, tally);
  std::vector<Clock::duration> times;
  for (int i = 0; i < 10; ++i) {
    const auto sent = Clock::now();
    BOOST_REQUIRE(scene.generate("other", {}, AIRole::implementation));
    times.push_back(Clock::now() - sent);
  }
  const auto longest = *std::max_element(times.begin(), times.end());
  BOOST_TEST_MESSAGE(
      "calm " << std::chrono::duration_cast<std::chrono::milliseconds>(calm_time).count()
              << " ms, during the flood at most "
              << std::chrono::duration_cast<std::chrono::milliseconds>(longest).count() << " ms");
  BOOST_TEST((longest < calm_time + (sanitized ? 30s : 3s)));
  BOOST_REQUIRE(tally->wait_for(flood));
  BOOST_TEST(tally->outcomes["answered"] + tally->outcomes["queue_full"] == flood);
  anon_exit(client, caf::exit_reason::kill);
  client = nullptr;
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(those_who_share_an_answer_are_bounded_too) {
  Scene scene{{.adjust = [](LLMClientConfig& config) {
    small_queue(config);
    config.cache.enabled = true;
  }}};
  scene.sim.inject(Fault::stall_before_response());
  auto tally = std::make_shared<Tally>();
  GenerateOptions options;
  options.temperature = 0.0;
  auto client = throw_at(scene, tally, options);
  BOOST_REQUIRE(tally->wait_for(flood - queue_length - 1));
  BOOST_TEST(tally->outcomes["queue_full"] == flood - queue_length - 1);
  scene.sim.stop();
  scene.sim.start();
  BOOST_REQUIRE(tally->wait_for(flood));
  BOOST_TEST(tally->outcomes["answered"] == queue_length + 1);
  anon_exit(client, caf::exit_reason::kill);
  client = nullptr;
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(a_role_that_dies_under_a_flood_refuses_nobody_whom_it_had_taken_in) {
  Scene scene{{.adjust = [](LLMClientConfig& config) {
    config.limits.max_concurrent = 1;
    config.limits.queue_length = 5;
  }}};
  scene.sim.inject(Fault::stall_before_response(200ms));
  std::vector<Caller*> queued;
  for (int i = 0; i < 6; ++i)
    queued.push_back(&scene.stream("old " + std::to_string(i)));
  while (scene.stats(AIRole::overseer).queued < 5) {
  }
  auto tally = std::make_shared<Tally>();
  order_death(scene.component("RoleActor/overseer"), Death::exception);
  auto client = throw_at(scene, tally);
  for (const auto* caller : queued) {
    BOOST_REQUIRE(
        caller->record->wait_until([](const Record& seen) { return !seen.answers.empty(); }));
    BOOST_TEST(caller->record->answers.front() == "answered");
  }
  BOOST_REQUIRE(tally->wait_for(flood));
  anon_exit(client, caf::exit_reason::kill);
  client = nullptr;
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(many_downloads_keep_no_look_at_the_models_waiting) {
  SceneOptions options;
  options.ollama.pull_step_delay = 10s;
  Scene scene{std::move(options)};
  auto client = scene.system().spawn(
      [models = scene.llm().models()](caf::event_based_actor* self) -> caf::behavior {
        for (int i = 0; i < 100; ++i)
          ask(self, models, 60s, pull_model_atom_v, "model" + std::to_string(i), pull_subscriber{})
              .then([](Ack) {}, [](const caf::error&) {});
        return {[](const std::string&) {}};
      });
  BOOST_REQUIRE(scene.sim.wait_until([](const auto& now) { return now.requests >= 16; }, patience));
  BOOST_TEST(scene.generate("x").has_value());
  {
    caf::scoped_actor self{scene.system()};
    ask(self, scene.llm().models(), patience, list_models_atom_v)
        .receive([](const ModelList& list) { BOOST_TEST(list.models.size() == 3u); },
                 [](const caf::error& error) { BOOST_ERROR(describe(error)); });
  }
  anon_exit(client, caf::exit_reason::kill);
  client = nullptr;
  scene.sim.stop();
  scene.sim.start();
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(a_flood_of_embeddings_opens_no_more_connections_than_a_role_has_places) {
  Scene scene{{.adjust = small_queue}};
  scene.sim.inject(Fault::stall_before_response().on("/api/embed").times(places));
  auto tally = std::make_shared<Tally>();
  constexpr std::size_t embeddings = 500;
  auto client = scene.system().spawn([role = scene.llm().role(AIRole::overseer),
                                      tally](caf::event_based_actor* self) -> caf::behavior {
    for (std::size_t i = 0; i < embeddings; ++i)
      ask(self, role, 60s, embed_atom_v, EmbedRequest{.input = {"text"}})
          .then([tally](const EmbedResponse&) { tally->add("answered"); },
                [tally](const caf::error& error) {
                  tally->add(std::string{to_string(to_llm_error(error).code)});
                });
    return {[](const std::string&) {}};
  });
  BOOST_REQUIRE(tally->wait_for(embeddings - queue_length - places));
  BOOST_TEST(tally->outcomes["too_many_requests"] == embeddings - queue_length - places);
  // Those that have a place are at Ollama before it goes away.
  BOOST_REQUIRE(scene.sim.wait_until(
      [](const simulator::Counters& counters) { return counters.stalls_begun == places; }, 20s));
  BOOST_TEST(scene.sim.counters().open_connections <= places + 1);
  scene.sim.stop();
  scene.sim.start();
  BOOST_REQUIRE(tally->wait_for(embeddings));
  BOOST_TEST(tally->outcomes["answered"] == queue_length + places);
  anon_exit(client, caf::exit_reason::kill);
  client = nullptr;
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_SUITE_END()
