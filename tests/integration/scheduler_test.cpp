// SPDX-License-Identifier: BSD-3-Clause
// Actors of a program that block or compute share the workers of the system with those of this
// library, and hold nobody up.
#include <boost/test/unit_test.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>

#include <chrono>
#include <future>
#include <memory>

#include "nexus_llm/interfaces.hpp"
#include "nexus_llm/portability_actors.hpp"
#include "nexus_llm/setup.hpp"
#include "nexus_llm/subscriber.hpp"
#include "tests/integration/fixture.hpp"

namespace scheduler_test {

using namespace nexus::llm;
using namespace nexus::llm::test;

namespace {

using Signal = std::promise<void>;

/// Whether something happens before the deadline.
bool happens(const std::shared_ptr<Signal>& signal) {
  return signal->get_future().wait_for(deadline) == std::future_status::ready;
}

struct Config : caf::actor_system_config {
  Config() {
    setup(*this);
    recommend(*this);
  }
};

struct Program {
  /// An actor that gives a signal.
  caf::actor signaller(const std::shared_ptr<Signal>& signal) {
    return system.spawn([signal](caf::event_based_actor*) -> caf::behavior {
      return {[signal](int) { signal->set_value(); }};
    });
  }
  /// An actor that sends a message, and blocks until the receiver gives a signal.
  caf::actor blocker(const caf::actor& receiver, const std::shared_ptr<Signal>& signal,
                     const std::shared_ptr<Signal>& passed) {
    return system.spawn([=](caf::event_based_actor* self) -> caf::behavior {
      return {[=](int number) {
        tell(self, receiver, number);
        if (happens(signal))
          passed->set_value();
      }};
    });
  }

  Config config;
  caf::actor_system system{config};
};

/// An actor of this library, as far as the scheduler can tell: it passes a number on to others.
class Passer {
public:
  using Base = caf::event_based_actor;
  static constexpr const char* name = "Passer";

  Passer(caf::event_based_actor* self, caf::actor first, caf::actor second)
      : self_{self}, first_{std::move(first)}, second_{std::move(second)} {}

  caf::behavior make_behavior() {
    return {[this](int number) {
      tell(self_, first_, number);
      tell(self_, second_, number);
    }};
  }

private:
  caf::event_based_actor* self_;
  caf::actor first_;
  caf::actor second_;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(scheduling, Program)

BOOST_AUTO_TEST_CASE(what_an_actor_has_sent_is_received_while_it_blocks) {
  const auto signal = std::make_shared<Signal>();
  const auto passed = std::make_shared<Signal>();
  anon_tell(blocker(signaller(signal), signal, passed), 1);
  BOOST_TEST(happens(passed));
}

BOOST_AUTO_TEST_CASE(an_actor_that_blocks_holds_up_nobody_who_was_sent_something_with_it) {
  const auto signal = std::make_shared<Signal>();
  const auto passed = std::make_shared<Signal>();
  const auto nobody =
      system.spawn([](caf::event_based_actor*) -> caf::behavior { return {[](int) {}}; });
  const auto passer =
      spawn_state<Passer>(system, blocker(nobody, signal, passed), signaller(signal));
  anon_tell(passer, 1);
  BOOST_TEST(happens(passed));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace scheduler_test
