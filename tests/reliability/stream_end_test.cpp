// SPDX-License-Identifier: BSD-3-Clause
// Every subscriber has exactly one end, whatever dies while others still wait for theirs.
#include <boost/test/unit_test.hpp>

#include <vector>

#include "nexus_llm/portability_actors.hpp"
#include "tests/reliability/scene.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(stream_ends)

namespace {

/// A subscriber that never gives back its credit.
class StuckState {
public:
  using Base = stream_subscriber::base;
  static constexpr const char* name = "StuckSubscriber";

  StuckState(stream_subscriber::pointer self, std::shared_ptr<Record> record)
      : self_{self}, record_{std::move(record)} {}

  stream_subscriber::behavior_type make_behavior() {
    return {
        [this](const LLMStreamChunk& chunk) {
          record_->chunk(chunk);
          owed_.push_back(self_->make_response_promise<void>());
          return owed_.back();
        },
        [this](const StreamError& error) { record_->end(error); },
        [this](const RequestProgress& progress) { record_->progress(progress); },
    };
  }

private:
  stream_subscriber::pointer self_;
  std::shared_ptr<Record> record_;
  std::vector<caf::typed_response_promise<void>> owed_;
};

void kill(Scene& scene, const std::string& component) {
  const auto target = scene.component(component);
  order_death(target, Death::exit);
  BOOST_REQUIRE(wait_for_death(scene.system(), target, patience));
}

bool ended(const Record& seen) { return seen.ends > 0; }

SceneOptions slow_with_little_credit() {
  SceneOptions options;
  options.adjust = [](LLMClientConfig& config) { config.limits.subscriber_window = 1; };
  options.ollama.token_delay = 20ms;
  return options;
}

/// A stuck subscriber that joins the stream of a caller once it has begun.
stream_subscriber join_stuck(Scene& scene, const Caller& caller, std::shared_ptr<Record> record) {
  BOOST_REQUIRE(caller.record->wait_until([](const Record& seen) { return seen.chunks > 0; }));
  stream_subscriber stuck = spawn_state<StuckState>(scene.system(), std::move(record));
  caf::scoped_actor self{scene.system()};
  ask(self, scene.llm().role(AIRole::overseer), patience, subscribe_atom_v,
      RequestId{caller.prompt}, stuck)
      .receive([](Ack) {}, [](const caf::error& error) { BOOST_ERROR(describe(error)); });
  return stuck;
}

} // namespace

BOOST_AUTO_TEST_CASE(who_has_had_the_end_gets_no_second_one_when_the_streaming_actor_dies) {
  Scene scene{slow_with_little_credit()};
  auto& quick = scene.stream("asked");
  auto stuck_record = std::make_shared<Record>();
  auto stuck = join_stuck(scene, quick, stuck_record);
  BOOST_REQUIRE(quick.record->wait_until(ended));
  BOOST_TEST(stuck_record->ends == 0u);
  kill(scene, "StreamingActor");
  // A new one owes the stuck subscriber its end, and gives it new credit.
  BOOST_REQUIRE(stuck_record->wait_until(ended));
  BOOST_TEST(stuck_record->text == Scene::reply);
  BOOST_TEST(stuck_record->in_order);
  BOOST_TEST(quick.record->ends == 1u);
  BOOST_TEST(quick.record->in_order);
  anon_exit(stuck, caf::exit_reason::kill);
  stuck = nullptr;
  BOOST_TEST(scene.take_down() == "");
  BOOST_TEST(quick.record->ends == 1u);
}

BOOST_AUTO_TEST_CASE(a_subscriber_that_handles_nothing_for_too_long_is_given_up_under_its_own_id) {
  SceneOptions options;
  options.adjust = [](LLMClientConfig& config) {
    config.limits.subscriber_window = 1;
    config.limits.subscriber_timeout = 50ms;
  };
  Scene scene{std::move(options)};
  auto record = std::make_shared<Record>();
  auto stuck = spawn_state<StuckState>(scene.system(), record);
  {
    caf::scoped_actor self{scene.system()};
    ask(self, scene.llm().role(AIRole::overseer), patience, generate_streaming_atom_v,
        std::string{"x"}, GenerateOptions{.id = {"asked"}}, stream_subscriber{stuck})
        .receive([](const LLMResponse& answer) { BOOST_TEST(answer.response == Scene::reply); },
                 [](const caf::error& error) { BOOST_ERROR(describe(error)); });
  }
  BOOST_REQUIRE(record->wait_until(ended));
  BOOST_TEST(record->end_code == "cancelled");
  BOOST_TEST(record->end_id == "asked");
  anon_exit(stuck, caf::exit_reason::kill);
  stuck = nullptr;
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(a_stuck_subscriber_is_told_when_the_system_ends) {
  Scene scene{slow_with_little_credit()};
  auto& quick = scene.stream("asked");
  auto stuck_record = std::make_shared<Record>();
  auto stuck = join_stuck(scene, quick, stuck_record);
  BOOST_REQUIRE(quick.record->wait_until(ended));
  order_death(scene.llm().root(), Death::exit);
  BOOST_REQUIRE(stuck_record->wait_until(ended));
  BOOST_TEST(stuck_record->end_code == "shutting_down");
  anon_exit(stuck, caf::exit_reason::kill);
  stuck = nullptr;
}

BOOST_AUTO_TEST_CASE(subscribers_are_told_when_the_streaming_actor_has_no_restart_left) {
  SceneOptions options;
  options.adjust = [](LLMClientConfig& config) { config.restarts.max_restarts = 0; };
  Scene scene{std::move(options)};
  scene.sim.inject(simulator::Fault::stall_after_lines(2));
  auto& caller = scene.stream("asked");
  BOOST_REQUIRE(caller.record->wait_until([](const Record& seen) { return seen.chunks == 2; }));
  kill(scene, "StreamingActor");
  BOOST_REQUIRE(caller.record->wait_until(
      [](const Record& seen) { return seen.ends > 0 && !seen.answers.empty(); }));
  BOOST_TEST(caller.record->answers.front() == "restart_budget_exhausted");
  BOOST_TEST(caller.record->end_code == "restart_budget_exhausted");
  BOOST_TEST(scene.take_down() == "");
  BOOST_TEST(caller.record->ends == 1u);
}

BOOST_AUTO_TEST_CASE(more_subscribers_than_one_stream_may_have_get_more_streams) {
  SceneOptions options;
  options.adjust = [](LLMClientConfig& config) {
    config.cache.enabled = true;
    config.limits.max_subscribers = 2;
  };
  Scene scene{std::move(options)};
  scene.sim.inject(simulator::Fault::stall_after_lines(2, 100ms));
  GenerateOptions repeatable;
  repeatable.temperature = 0.0;
  std::vector<Caller*> callers;
  for (const std::string id : {"a", "b", "c", "d", "e"})
    callers.push_back(&scene.stream("the same", repeatable, id));
  for (const auto* caller : callers) {
    BOOST_REQUIRE(caller->record->wait_until(
        [](const Record& seen) { return seen.ends > 0 && !seen.answers.empty(); }));
    BOOST_TEST(caller->record->answers.front() == "answered");
    BOOST_TEST(caller->record->text == Scene::reply);
  }
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(one_subscriber_of_two_shared_requests_gets_an_end_for_each) {
  SceneOptions options;
  options.adjust = [](LLMClientConfig& config) { config.cache.enabled = true; };
  Scene scene{std::move(options)};
  scene.sim.inject(simulator::Fault::stall_before_response(100ms));
  GenerateOptions repeatable;
  repeatable.temperature = 0.0;
  auto record = std::make_shared<Record>();
  auto subscriber = spawn_recorder(scene.system(), record);
  {
    caf::scoped_actor self{scene.system()};
    auto asked = [&](const std::string& id) {
      repeatable.id = {id};
      return ask(self, scene.llm().role(AIRole::overseer), patience, generate_streaming_atom_v,
                 std::string{"the same"}, repeatable, subscriber);
    };
    auto first = asked("a");
    auto second = asked("b");
    ask(self, scene.llm().role(AIRole::overseer), patience, cancel_atom_v, RequestId{"a"})
        .receive([](bool found) { BOOST_TEST(found); },
                 [](const caf::error& error) { BOOST_ERROR(describe(error)); });
    std::move(first).receive([](const LLMResponse&) { BOOST_ERROR("an answer"); },
                             [](const caf::error& error) {
                               BOOST_TEST(to_string(to_llm_error(error).code) == "cancelled");
                             });
    std::move(second).receive(
        [](const LLMResponse& answer) { BOOST_TEST(answer.response == Scene::reply); },
        [](const caf::error& error) { BOOST_ERROR(describe(error)); });
  }
  BOOST_TEST(record->wait_until([](const Record& seen) { return seen.ends == 2; }));
  anon_exit(subscriber, caf::exit_reason::kill);
  subscriber = nullptr;
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(a_stream_without_a_subscriber_is_refused) {
  Scene scene;
  {
    caf::scoped_actor self{scene.system()};
    ask(self, scene.llm().role(AIRole::overseer), patience, generate_streaming_atom_v,
        std::string{"x"}, GenerateOptions{}, stream_subscriber{})
        .receive([](const LLMResponse&) { BOOST_ERROR("an answer"); },
                 [](const caf::error& error) {
                   BOOST_TEST(to_string(to_llm_error(error).code) == "invalid_argument");
                 });
  }
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(who_leaves_a_shared_stream_hears_nothing_after_its_end) {
  SceneOptions options;
  options.adjust = [](LLMClientConfig& config) { config.cache.enabled = true; };
  options.ollama.token_delay = 1ms;
  Scene scene{std::move(options)};
  GenerateOptions repeatable;
  repeatable.temperature = 0.0;
  repeatable.raw_options = R"({"seed": 1})";
  std::string long_reply;
  for (int i = 0; i < 200; ++i)
    long_reply += " word";
  scene.sim.set_reply("llama3.1:8b", long_reply);
  // The same prompt twice is one request to Ollama.
  auto& stays = scene.stream("the same", repeatable);
  BOOST_REQUIRE(stays.record->wait_until([](const Record& seen) { return seen.chunks > 3; }));
  auto& leaves = scene.stream("the same", repeatable, "another id");
  BOOST_REQUIRE(leaves.record->wait_until([](const Record& seen) { return seen.chunks > 0; }));
  {
    caf::scoped_actor self{scene.system()};
    ask(self, scene.llm().role(AIRole::overseer), patience, cancel_atom_v, RequestId{"another id"})
        .receive([](bool found) { BOOST_TEST(found); },
                 [](const caf::error& error) { BOOST_ERROR(describe(error)); });
  }
  BOOST_REQUIRE(leaves.record->wait_until(ended));
  BOOST_TEST(leaves.record->end_code == "cancelled");
  BOOST_REQUIRE(stays.record->wait_until(ended));
  BOOST_TEST(stays.record->text == long_reply);
  BOOST_TEST(stays.record->in_order);
  BOOST_TEST(leaves.record->ends == 1u);
  BOOST_TEST(leaves.record->in_order);
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_SUITE_END()
