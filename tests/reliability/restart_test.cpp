// SPDX-License-Identifier: BSD-3-Clause
// What supervision does when components cannot be started, and when it has failed itself.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <mutex>
#include <thread>

#include "tests/reliability/scene.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;
using namespace std::chrono_literals;
using simulator::Fault;

BOOST_AUTO_TEST_SUITE(restarts)

namespace {

/// Keeps what supervision tells.
class Listener {
public:
  explicit Listener(caf::actor_system& system) {
    handle_ =
        system.spawn([shared = shared_](
                         supervision_subscriber::pointer) -> supervision_subscriber::behavior_type {
          return {[shared](const SupervisionEvent& event) {
            std::lock_guard lock{shared->mutex};
            shared->events.push_back(event);
            shared->changed.notify_all();
          }};
        });
  }
  ~Listener() { anon_exit(handle_, caf::exit_reason::kill); }

  [[nodiscard]] const supervision_subscriber& handle() const { return handle_; }
  [[nodiscard]] bool wait_for(SupervisionEvent::Kind kind, const std::string& subject) {
    std::unique_lock lock{shared_->mutex};
    return shared_->changed.wait_for(lock, patience, [&] {
      return std::ranges::any_of(shared_->events, [&](const auto& event) {
        return event.kind == kind && event.subject == subject;
      });
    });
  }

private:
  struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<SupervisionEvent> events;
  };
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  supervision_subscriber handle_;
};

} // namespace

BOOST_AUTO_TEST_CASE(a_component_that_cannot_be_made_is_tried_again_until_it_can) {
  Scene scene;
  const auto victim = scene.component("RoleActor/overseer");
  scene.break_starts();
  order_death(victim, Death::exit);
  BOOST_REQUIRE(wait_for_death(scene.system(), victim, patience));
  auto& caller = scene.stream("meanwhile");
  // It has failed at least once more before it can be made.
  auto has_failed_again = [&scene] {
    const auto health = scene.health();
    return std::ranges::any_of(health.components, [](const auto& component) {
      return component.last_failure == "a component that cannot be made";
    });
  };
  while (!has_failed_again())
    std::this_thread::yield();
  scene.mend_starts();
  BOOST_REQUIRE(caller.record->wait_until(
      [](const Record& seen) { return seen.ends > 0 && !seen.answers.empty(); }));
  BOOST_TEST(caller.record->answers.front() == "answered");
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(a_system_whose_root_has_failed_is_started_again_behind_the_same_handles) {
  Scene scene;
  const auto role = scene.llm().role(AIRole::overseer);
  const auto root = scene.llm().root();
  BOOST_TEST(scene.llm().restart().has_value());
  BOOST_TEST((scene.llm().root() == root), "what has not ended goes on");
  anon_exit(caf::actor_cast<caf::actor>(root), caf::exit_reason::kill);
  BOOST_REQUIRE(wait_for_death(scene.system(), root, patience));
  BOOST_TEST(scene.ask_once(AIRole::overseer) == "shutting_down");
  BOOST_TEST(scene.health().components.empty());
  BOOST_TEST(scene.llm().restart().has_value());
  BOOST_TEST((scene.llm().role(AIRole::overseer) == role));
  BOOST_TEST(scene.ask_once(AIRole::overseer) == "answered");
  BOOST_TEST(scene.ask_once(AIRole::implementation) == "answered");
  BOOST_TEST(scene.health().reachable);
  {
    caf::scoped_actor self{scene.system()};
    ask(self, scene.llm().models(), patience, list_models_atom_v)
        .receive([](const ModelList& list) { BOOST_TEST(list.models.size() == 3u); },
                 [](const caf::error& error) { BOOST_ERROR(describe(error)); });
    ask(self, scene.llm().config(), patience, get_config_atom_v)
        .receive([](const LLMClientConfig&) {},
                 [](const caf::error& error) { BOOST_ERROR(describe(error)); });
  }
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(a_caller_that_is_linked_to_a_handle_ends_nothing_but_itself) {
  Scene scene;
  const auto handles = scene.llm().handles();
  for (const auto& handle :
       {caf::actor_cast<caf::actor>(handles.health), caf::actor_cast<caf::actor>(handles.models),
        caf::actor_cast<caf::actor>(handles.config),
        caf::actor_cast<caf::actor>(handles.role(AIRole::overseer))}) {
    const auto caller = scene.system().spawn([handle](caf::event_based_actor* self) {
      self->link_to(handle);
      self->quit(to_caf_error({.code = ErrorCode::internal_error}));
    });
    BOOST_REQUIRE(
        wait_for_death(scene.system(), caf::actor_cast<caf::strong_actor_ptr>(caller), patience));
  }
  BOOST_TEST(scene.ask_once(AIRole::overseer) == "answered");
  BOOST_TEST(scene.health().reachable);
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(what_supervision_does_is_told_to_those_who_listen) {
  Scene scene;
  auto listening = std::make_unique<Listener>(scene.system());
  auto& listener = *listening;
  {
    caf::scoped_actor self{scene.system()};
    ask(self, scene.llm().health(), patience, subscribe_atom_v, listener.handle())
        .receive([](Ack) {}, [](const caf::error& error) { BOOST_ERROR(describe(error)); });
  }
  using Kind = SupervisionEvent::Kind;
  order_death(scene.component("ModelManagerActor"), Death::exit);
  BOOST_TEST(listener.wait_for(Kind::component_failed, "ModelManagerActor"));
  BOOST_TEST(listener.wait_for(Kind::component_restarted, "ModelManagerActor"));
  {
    caf::scoped_actor self{scene.system()};
    ask(self, scene.llm().config(), patience, update_config_atom_v, R"({"maxRetries": 7})")
        .receive([](const LLMClientConfig&) {},
                 [](const caf::error& error) { BOOST_ERROR(describe(error)); });
  }
  BOOST_TEST(listener.wait_for(Kind::settings_changed, ""));
  // Those who listen need not subscribe again when the one that tells them dies.
  order_death(scene.component("HealthActor"), Death::exit);
  BOOST_TEST(listener.wait_for(Kind::component_restarted, "HealthActor"));
  scene.sim.inject(Fault::stall_before_response());
  auto& caller = scene.stream("first");
  BOOST_REQUIRE(
      scene.sim.wait_until([](const auto& now) { return now.stalls_begun == 1; }, patience));
  order_death(scene.component("first"), Death::error);
  BOOST_TEST(listener.wait_for(Kind::request_failed, "first"));
  BOOST_REQUIRE(caller.record->wait_until([](const Record& seen) { return seen.ends > 0; }));
  const auto events = scene.health().events;
  BOOST_TEST(events.size() >= 3u);
  BOOST_TEST(events.front().subject == "ModelManagerActor");
  listening.reset();
  BOOST_TEST(scene.take_down() == "");
}

BOOST_AUTO_TEST_CASE(a_pull_ends_with_its_requester_and_by_its_id) {
  for (const bool dies : {true, false}) {
    SceneOptions options;
    options.ollama.registry = {{.name = "new:1b"}};
    Scene scene{std::move(options)};
    scene.sim.inject(Fault::stall_after_lines(1).on("/api/pull"));
    const auto models = scene.llm().models();
    const auto outcome = std::make_shared<std::promise<std::string>>();
    const auto listener =
        scene.system().spawn([](pull_subscriber::pointer) -> pull_subscriber::behavior_type {
          return {[](const PullProgress&) {}};
        });
    const auto requester =
        scene.system().spawn([models, listener, outcome](caf::event_based_actor* self) {
          ask(self, models, patience, pull_model_atom_v,
              ModelTransfer{.id = {"fetch"}, .model = "new:1b"}, listener)
              .then([outcome](Ack) { outcome->set_value("pulled"); },
                    [outcome](const caf::error& error) {
                      outcome->set_value(std::string{to_string(to_llm_error(error).code)});
                    });
        });
    BOOST_REQUIRE(
        scene.sim.wait_until([](const auto& now) { return now.stalls_begun == 1; }, patience));
    if (dies) {
      anon_exit(requester, caf::exit_reason::kill);
    } else {
      caf::scoped_actor self{scene.system()};
      ask(self, models, patience, cancel_atom_v, RequestId{"unknown"})
          .receive([](bool found) { BOOST_TEST(!found); },
                   [](const caf::error& error) { BOOST_ERROR(describe(error)); });
      ask(self, models, patience, cancel_atom_v, RequestId{"fetch"})
          .receive([](bool found) { BOOST_TEST(found); },
                   [](const caf::error& error) { BOOST_ERROR(describe(error)); });
      BOOST_TEST(outcome->get_future().get() == "cancelled");
    }
    BOOST_TEST(scene.sim.wait_until([](const auto& now) { return now.disconnects_seen == 1; }, 2s));
    {
      caf::scoped_actor self{scene.system()};
      ask(self, scene.llm().health(), patience, health_atom_v)
          .receive(
              [](const Health& health) {
                BOOST_TEST((health.models == ModelWork{.accepted = 1, .cancelled = 1}));
              },
              [](const caf::error& error) { BOOST_ERROR(describe(error)); });
    }
    anon_exit(listener, caf::exit_reason::kill);
    BOOST_TEST(scene.take_down() == "");
  }
}

BOOST_AUTO_TEST_SUITE_END()
