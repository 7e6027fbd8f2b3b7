// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <string>

#include "actors/supervision/figures.hpp"

using namespace nexus::llm;

BOOST_AUTO_TEST_SUITE(figures_of_a_system)

BOOST_AUTO_TEST_CASE(the_figures_of_a_role_are_added_up_apart_from_those_of_others) {
  Figures figures;
  figures.add({.role = AIRole::overseer, .answered = 2, .retries = 1});
  figures.add({.role = AIRole::overseer, .answered = 3});
  figures.add({.role = AIRole::implementation, .failed = 4});
  const auto overseer = figures.of(AIRole::overseer);
  BOOST_TEST(overseer.answered == 5u);
  BOOST_TEST(overseer.retries == 1u);
  BOOST_TEST(overseer.failed == 0u);
  const auto implementation = figures.of(AIRole::implementation);
  BOOST_CHECK(implementation.role == AIRole::implementation);
  BOOST_TEST(implementation.failed == 4u);
}

BOOST_AUTO_TEST_CASE(an_overload_is_told_once_until_something_is_answered) {
  Figures figures;
  BOOST_TEST(!figures.add({.failed = 1}));
  BOOST_TEST(figures.add({.rejected = 1}));
  BOOST_TEST(!figures.add({.rejected = 1}));
  BOOST_TEST(!figures.add({.failed = 1}));
  BOOST_TEST(!figures.add({.rejected = 5}));
  BOOST_TEST(!figures.add({.answered = 1}));
  BOOST_TEST(figures.add({.rejected = 1}));
}

BOOST_AUTO_TEST_CASE(a_component_is_told_as_it_was_noted_last) {
  Figures figures;
  figures.note(ComponentHealth{.name = "a", .running = true});
  figures.note(ComponentHealth{.name = "b", .running = true});
  figures.note(ComponentHealth{.name = "a", .restarts = 2});
  Health health;
  figures.fill(health);
  BOOST_REQUIRE(health.components.size() == 2u);
  BOOST_TEST(health.components[0].name == "a");
  BOOST_TEST(health.components[0].restarts == 2u);
  BOOST_TEST(!health.components[0].running);
  BOOST_TEST(health.components[1].running);
}

BOOST_AUTO_TEST_CASE(the_latest_events_are_kept_the_oldest_first) {
  Figures figures;
  for (int i = 0; i < 20; ++i)
    figures.note(SupervisionEvent{.subject = std::to_string(i)});
  Health health;
  figures.fill(health);
  BOOST_REQUIRE(health.events.size() == 16u);
  BOOST_TEST(health.events.front().subject == "4");
  BOOST_TEST(health.events.back().subject == "19");
}

BOOST_AUTO_TEST_CASE(the_work_on_models_is_told) {
  Figures figures;
  figures.note(ModelWork{.accepted = 3});
  Health health;
  figures.fill(health);
  BOOST_TEST(health.models.accepted == 3u);
}

BOOST_AUTO_TEST_SUITE_END()
