// SPDX-License-Identifier: BSD-3-Clause
// The state of an actor is gone before anybody hears that the actor has ended, however it ends:
// what a state still does in its destructor has been done by then.
#include <boost/test/unit_test.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>

#include "nexus_llm/portability_actors.hpp"
#include "nexus_llm/setup.hpp"
#include "nexus_llm/subscriber.hpp"
#include "tests/integration/fixture.hpp"

namespace state_test {

using namespace nexus::llm;
using namespace nexus::llm::test;

namespace {

struct Config : caf::actor_system_config {
  Config() { setup(*this); }
};

enum class End { quit, exception };

/// Keeps `life` until it is destroyed.
class Mortal {
public:
  using Base = caf::event_based_actor;
  static constexpr const char* name = "Mortal";

  Mortal(caf::event_based_actor* self, std::shared_ptr<int> life)
      : self_{self}, life_{std::move(life)} {}

  caf::behavior make_behavior() {
    return {[this](int end) {
      if (end == static_cast<int>(End::quit))
        self_->quit();
      else
        throw std::runtime_error{"an end that is meant"};
    }};
  }

private:
  caf::event_based_actor* self_;
  std::shared_ptr<int> life_;
};

struct Program {
  /// Ends an actor in some way. Returns whether its state was gone when its end was told.
  template <class Finish> bool is_gone_first(Finish finish) {
    auto life = std::make_shared<int>(0);
    const std::weak_ptr<int> alive = life;
    auto told = std::make_shared<std::promise<bool>>();
    auto gone = told->get_future();
    {
      const caf::actor mortal = spawn_state<Mortal>(system, std::move(life));
      at_end(caf::actor_cast<caf::strong_actor_ptr>(mortal),
             [told, alive] { told->set_value(alive.expired()); });
      finish(mortal);
    }
    BOOST_REQUIRE((gone.wait_for(deadline) == std::future_status::ready));
    return gone.get();
  }

  Config config;
  caf::actor_system system{config};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(states, Program)

BOOST_AUTO_TEST_CASE(the_state_is_gone_before_the_end_of_its_actor_is_told) {
  const auto send = [](End end) {
    return [end](const caf::actor& mortal) { anon_tell(mortal, static_cast<int>(end)); };
  };
  const auto exit = [](caf::exit_reason reason) {
    return [reason](const caf::actor& mortal) { anon_exit(mortal, reason); };
  };
  BOOST_TEST(is_gone_first(send(End::quit)));
  BOOST_TEST(is_gone_first(send(End::exception)));
  BOOST_TEST(is_gone_first(exit(caf::exit_reason::user_shutdown)));
  BOOST_TEST(is_gone_first(exit(caf::exit_reason::kill)));
}

BOOST_AUTO_TEST_CASE(the_state_of_an_actor_that_nobody_holds_is_destroyed) {
  auto destroyed = std::make_shared<std::promise<void>>();
  auto is_destroyed = destroyed->get_future();
  static_cast<void>(spawn_state<Mortal>(
      system, std::shared_ptr<int>{nullptr, [destroyed](int*) { destroyed->set_value(); }}));
  BOOST_TEST((is_destroyed.wait_for(deadline) == std::future_status::ready));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace state_test
