// SPDX-License-Identifier: BSD-3-Clause
// Nobody waiting, nothing running: whoever leaves, and wherever the request is, the transfer ends
// within 100 ms.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <optional>

#include "tests/reliability/scene.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;
using namespace std::chrono_literals;
using simulator::Fault;

BOOST_AUTO_TEST_SUITE(cancellation)

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto limit = 100ms;
constexpr auto long_time = 30s;
constexpr auto pause_time = 200ms;
const std::vector<std::string> leavings{"cancel", "requester dies", "last subscriber dies",
                                        "last subscriber leaves"};

/// What is left of a request when somebody has left. Returns when that began.
Clock::time_point leave(Scene& scene, Caller& caller, const std::string& id,
                        const std::string& how) {
  caf::scoped_actor self{scene.system()};
  const auto began = Clock::now();
  const auto& role = scene.llm().role(AIRole::overseer);
  if (how == "cancel")
    ask(self, role, patience, cancel_atom_v, RequestId{id})
        .receive([](bool found) { BOOST_TEST(found); },
                 [](const caf::error& error) { BOOST_ERROR(describe(error)); });
  else if (how == "requester dies")
    anon_exit(caller.requester, caf::exit_reason::kill);
  else if (how == "last subscriber dies")
    anon_exit(caller.subscriber, caf::exit_reason::kill);
  else
    ask(self, role, patience, unsubscribe_atom_v, RequestId{id}, caller.subscriber)
        .receive([](Ack) {}, [](const caf::error& error) { BOOST_ERROR(describe(error)); });
  return began;
}

void check_told(const Caller& caller, const std::string& how) {
  const auto& record = *caller.record;
  if (how != "requester dies") {
    BOOST_REQUIRE(record.wait_until([](const Record& seen) { return !seen.answers.empty(); }));
    BOOST_TEST(record.answers.front() == "cancelled");
  }
  if (how == "cancel" || how == "requester dies") {
    BOOST_REQUIRE(record.wait_until([](const Record& seen) { return seen.ends > 0; }));
    BOOST_TEST(record.end_code == "cancelled");
  }
}

/// Waits until Ollama has seen the client leave; checks that this was soon enough.
void check_aborted(Scene& scene, Clock::time_point began) {
  BOOST_REQUIRE(
      scene.sim.wait_until([](const auto& now) { return now.disconnects_seen == 1; }, patience));
  std::optional<Clock::time_point> left;
  for (const auto& request : scene.sim.requests())
    if (request.client_left_at)
      left = request.client_left_at;
  BOOST_REQUIRE(left.has_value());
  BOOST_TEST(std::chrono::duration_cast<std::chrono::milliseconds>(*left - began).count() <
             limit.count());
}

std::size_t generate_requests(const Scene& scene) {
  const auto requests = scene.sim.requests();
  return static_cast<std::size_t>(
      std::count_if(requests.begin(), requests.end(),
                    [](const auto& request) { return request.target == "/api/generate"; }));
}

} // namespace

BOOST_AUTO_TEST_CASE(whoever_leaves_before_the_first_byte_ends_the_transfer) {
  for (const auto& how : leavings)
    BOOST_TEST_CONTEXT(how) {
      Scene scene;
      scene.sim.inject(Fault::stall_before_response());
      auto& caller = scene.stream("first");
      BOOST_REQUIRE(
          scene.sim.wait_until([](const auto& now) { return now.stalls_begun == 1; }, patience));
      check_aborted(scene, leave(scene, caller, "first", how));
      check_told(caller, how);
      BOOST_TEST(scene.take_down() == "");
    }
}

BOOST_AUTO_TEST_CASE(whoever_leaves_in_mid_stream_ends_the_transfer) {
  for (const auto& how : leavings)
    BOOST_TEST_CONTEXT(how) {
      Scene scene;
      scene.sim.inject(Fault::stall_after_lines(3));
      auto& caller = scene.stream("first");
      BOOST_REQUIRE(caller.record->wait_until([](const Record& seen) { return seen.chunks == 3; }));
      check_aborted(scene, leave(scene, caller, "first", how));
      check_told(caller, how);
      BOOST_TEST(scene.take_down() == "");
    }
}

BOOST_AUTO_TEST_CASE(whoever_leaves_while_the_model_loads_ends_the_load) {
  for (const auto& how : leavings)
    BOOST_TEST_CONTEXT(how) {
      SceneOptions options;
      options.ollama.load_delay = long_time;
      Scene scene{std::move(options)};
      auto& caller = scene.stream("first");
      BOOST_REQUIRE(
          scene.sim.wait_until([](const auto& now) { return now.loads_started == 1; }, patience));
      check_aborted(scene, leave(scene, caller, "first", how));
      BOOST_TEST(
          scene.sim.wait_until([](const auto& now) { return now.loads_aborted == 1; }, patience));
      check_told(caller, how);
      BOOST_TEST(scene.take_down() == "");
    }
}

BOOST_AUTO_TEST_CASE(whoever_leaves_in_a_retry_pause_is_never_sent_again) {
  for (const auto& how : leavings)
    BOOST_TEST_CONTEXT(how) {
      Scene scene{{.adjust = [](LLMClientConfig& config) { config.max_retry_delay = pause_time; }}};
      scene.sim.inject(Fault::busy(1));
      auto& caller = scene.stream("first");
      BOOST_REQUIRE(caller.record->wait_until([](const Record& seen) {
        return std::count(seen.phases.begin(), seen.phases.end(), Phase::retrying) > 0;
      }));
      const auto began = leave(scene, caller, "first", how);
      check_told(caller, how);
      BOOST_TEST((Clock::now() - began < limit));
      // The place in the role is free at once, and the pause passes without a second try.
      scene.sim.inject(Fault::stall_before_response(2 * pause_time));
      BOOST_TEST(scene.generate("second").has_value());
      BOOST_TEST(generate_requests(scene) == 2u);
      BOOST_TEST(scene.take_down() == "");
    }
}

BOOST_AUTO_TEST_CASE(whoever_leaves_the_queue_is_never_sent) {
  for (const auto& how : leavings)
    BOOST_TEST_CONTEXT(how) {
      Scene scene;
      scene.sim.inject(Fault::stall_after_lines(1, 200ms));
      auto& first = scene.stream("first");
      BOOST_REQUIRE(first.record->wait_until([](const Record& seen) { return seen.chunks > 0; }));
      auto& second = scene.stream("second");
      BOOST_REQUIRE(second.record->wait_until([](const Record& seen) {
        return std::count(seen.phases.begin(), seen.phases.end(), Phase::queued) > 0;
      }));
      const auto began = leave(scene, second, "second", how);
      check_told(second, how);
      BOOST_TEST((Clock::now() - began < limit));
      BOOST_REQUIRE(
          first.record->wait_until([](const Record& seen) { return !seen.answers.empty(); }));
      BOOST_TEST(first.record->answers.front() == "answered");
      BOOST_TEST(scene.generate("third").has_value());
      BOOST_TEST(generate_requests(scene) == 2u);
      BOOST_TEST(scene.take_down() == "");
    }
}

BOOST_AUTO_TEST_CASE(an_embedding_is_cancelled_at_ollama_in_a_pause_and_in_the_queue) {
  SceneOptions options;
  options.adjust = [](LLMClientConfig& config) { config.max_retry_delay = 200ms; };
  Scene scene{std::move(options)};
  const auto& role = scene.llm().role(AIRole::overseer);
  std::optional<caf::scoped_actor> self{scene.system()};
  auto embed = [&](const std::string& id) {
    return ask(*self, role, patience, embed_atom_v, EmbedRequest{.id = {id}, .input = {"text"}});
  };
  auto cancel = [&](const std::string& id) {
    bool found = false;
    ask(*self, role, patience, cancel_atom_v, RequestId{id})
        .receive([&found](bool known) { found = known; }, [](const caf::error&) {});
    return found;
  };
  const auto is_cancelled = [](const caf::error& error) {
    BOOST_TEST(to_string(to_llm_error(error).code) == "cancelled");
  };
  const auto answered = [](const EmbedResponse&) { BOOST_ERROR("an answer"); };

  scene.sim.inject(Fault::stall_before_response());
  auto at_ollama = embed("a");
  BOOST_REQUIRE(
      scene.sim.wait_until([](const auto& now) { return now.stalls_begun == 1; }, patience));
  auto queued = embed("b");
  BOOST_TEST(cancel("b"));
  std::move(queued).receive(answered, is_cancelled);
  const auto began = Clock::now();
  BOOST_TEST(cancel("a"));
  std::move(at_ollama).receive(answered, is_cancelled);
  check_aborted(scene, began);
  BOOST_TEST(!cancel("a"));

  scene.sim.inject(Fault::busy(1));
  auto pausing = embed("c");
  BOOST_REQUIRE(
      scene.sim.wait_until([](const auto& now) { return now.faults_fired == 2; }, patience));
  BOOST_TEST(cancel("c"));
  std::move(pausing).receive(answered, is_cancelled);
  embed("d").receive(
      [](const EmbedResponse& answer) { BOOST_TEST(answer.embeddings.size() == 1u); },
      [](const caf::error& error) { BOOST_ERROR(describe(error)); });
  self.reset();
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(a_late_subscriber_that_is_dead_does_not_keep_a_stream_going) {
  Scene scene;
  scene.sim.inject(Fault::stall_after_lines(2));
  auto& caller = scene.stream("first");
  BOOST_REQUIRE(caller.record->wait_until([](const Record& seen) { return seen.chunks == 2; }));
  auto late_record = std::make_shared<Record>();
  auto late = spawn_recorder(scene.system(), late_record);
  {
    caf::scoped_actor self{scene.system()};
    ask(self, scene.llm().role(AIRole::overseer), patience, subscribe_atom_v, RequestId{"first"},
        late)
        .receive([](Ack) {}, [](const caf::error& error) { BOOST_ERROR(describe(error)); });
  }
  BOOST_REQUIRE(late_record->wait_until([](const Record& seen) { return seen.chunks == 1; }));
  const auto dead = caf::actor_cast<caf::strong_actor_ptr>(late);
  order_death(dead, Death::exit);
  BOOST_REQUIRE(wait_for_death(scene.system(), dead, patience));
  late = nullptr;
  check_aborted(scene, leave(scene, caller, "first", "requester dies"));
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(a_batch_is_cancelled_as_a_whole) {
  Scene scene;
  scene.sim.inject(Fault::stall_before_response());
  {
    caf::scoped_actor self{scene.system()};
    auto pending = ask(self, scene.llm().role(AIRole::overseer), patience, batch_atom_v,
                       std::vector<std::string>(20, "x"), GenerateOptions{.id = {"all"}});
    BOOST_REQUIRE(
        scene.sim.wait_until([](const auto& now) { return now.stalls_begun == 1; }, patience));
    const auto began = Clock::now();
    ask(self, scene.llm().role(AIRole::overseer), patience, cancel_atom_v, RequestId{"all"})
        .receive([](bool found) { BOOST_TEST(found); },
                 [](const caf::error& error) { BOOST_ERROR(describe(error)); });
    std::move(pending).receive([](const BatchResponse&) { BOOST_ERROR("an answer"); },
                               [](const caf::error& error) {
                                 BOOST_TEST(to_string(to_llm_error(error).code) == "cancelled");
                               });
    check_aborted(scene, began);
  }
  BOOST_TEST(scene.generate("next").has_value());
  BOOST_TEST(generate_requests(scene) == 2u);
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(an_embedding_whose_requester_dies_is_aborted) {
  Scene scene;
  scene.sim.inject(Fault::stall_before_response());
  auto requester = scene.system().spawn(
      [role = scene.llm().role(AIRole::overseer)](caf::event_based_actor* self) -> caf::behavior {
        ask(self, role, patience, embed_atom_v, EmbedRequest{.input = {"text"}})
            .then([](const EmbedResponse&) {}, [](const caf::error&) {});
        return {[](const std::string&) {}};
      });
  BOOST_REQUIRE(
      scene.sim.wait_until([](const auto& now) { return now.stalls_begun == 1; }, patience));
  const auto began = Clock::now();
  anon_exit(requester, caf::exit_reason::kill);
  check_aborted(scene, began);
  requester = nullptr;
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(the_death_of_a_requester_ends_its_further_request_and_no_other) {
  Scene scene;
  // The request that was answered before must not take the monitor of the next with it.
  const auto ask_after_an_answer = [&](AIRole role) {
    return scene.system().spawn(
        [handle = scene.llm().role(role)](caf::event_based_actor* self) -> caf::behavior {
          ask(self, handle, patience, generate_atom_v, "answered")
              .then(
                  [self, handle](const LLMResponse&) {
                    ask(self, handle, patience, generate_atom_v, "stalled")
                        .then([](const LLMResponse&) {}, [](const caf::error&) {});
                  },
                  [](const caf::error&) {});
          return {[](const std::string&) {}};
        });
  };
  auto stall = Fault::stall_before_response().after(1);
  stall.path = "/api/generate";
  scene.sim.inject(stall);
  auto dies = ask_after_an_answer(AIRole::overseer);
  BOOST_REQUIRE(
      scene.sim.wait_until([](const auto& now) { return now.stalls_begun == 1; }, patience));
  scene.sim.inject(stall);
  auto stays = ask_after_an_answer(AIRole::implementation);
  BOOST_REQUIRE(
      scene.sim.wait_until([](const auto& now) { return now.stalls_begun == 2; }, patience));
  anon_exit(dies, caf::exit_reason::kill);
  BOOST_TEST(
      scene.sim.wait_until([](const auto& now) { return now.disconnects_seen == 1; }, patience));
  BOOST_TEST(scene.generate("next").has_value());
  BOOST_TEST(scene.sim.counters().disconnects_seen == 1u);
  anon_exit(stays, caf::exit_reason::kill);
  BOOST_TEST(
      scene.sim.wait_until([](const auto& now) { return now.disconnects_seen == 2; }, patience));
  dies = stays = nullptr;
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_SUITE_END()
