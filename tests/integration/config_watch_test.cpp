// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "actors/internal_interfaces.hpp"
#include "config/config_file.hpp"
#include "nexus_llm/portability_actors.hpp"
#include "nexus_llm/setup.hpp"
#include "tests/integration/fixture.hpp"
#include "tests/unit/temporary_directory.hpp"

namespace nexus::llm::test {

namespace config_watch_test {

namespace {

/// A system that runs with a configuration file, as an embedding program has it.
struct WithFile {
  TemporaryDirectory directory;
  std::filesystem::path file = directory / "config.json";
  simulator::Simulator sim{default_models()};
  caf::actor_system_config caf_config;
  std::unique_ptr<caf::actor_system> system;
  std::unique_ptr<LLMSystem> llm;
  std::unique_ptr<LLMIntegration> api;

  WithFile() {
    write_text(file, R"({"llm": {"baseUrl": ")" + sim.base_url() + R"("}})");
    setup(caf_config);
    system = std::make_unique<caf::actor_system>(caf_config);
    auto started = LLMSystem::start(*system, {.config_file = file});
    BOOST_REQUIRE(started);
    llm = std::move(*started);
    api = std::make_unique<LLMIntegration>(*system, *llm);
  }
  ~WithFile() {
    api.reset();
    llm.reset();
  }

  /// Asks until the role has this model.
  [[nodiscard]] bool uses(AIRole role, const std::string& model) const {
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (std::chrono::steady_clock::now() < end)
      if (const auto current = api->get_model_for_role(role); current && *current == model)
        return true;
    return false;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(config_watch, WithFile)

BOOST_AUTO_TEST_CASE(a_running_system_takes_over_what_another_program_saves) {
  BOOST_REQUIRE(update_config(file, R"({"models": {"overseer": "elsewhere:1"}})"));
  BOOST_TEST(uses(overseer, "elsewhere:1"));
  // What is not valid changes nothing, and what comes after it counts.
  write_text(file, "{");
  write_text(file, R"({"llm": {"models": {"overseer": "elsewhere:2"}, "timeout": "soon"}})");
  write_text(file, R"({"llm": {"models": {"overseer": "elsewhere:3"}}})");
  BOOST_TEST(uses(overseer, "elsewhere:3"));
}

BOOST_AUTO_TEST_CASE(what_the_system_saves_itself_holds_beside_what_others_save) {
  BOOST_REQUIRE(api->set_model_for_role(implementation, "own:1"));
  BOOST_REQUIRE(update_config(file, R"({"models": {"overseer": "elsewhere:1"}})"));
  BOOST_TEST(uses(overseer, "elsewhere:1"));
  BOOST_TEST(api->get_model_for_role(implementation).value() == "own:1");
}

BOOST_AUTO_TEST_CASE(a_successor_of_the_component_that_watches_goes_on_watching) {
  caf::scoped_actor self{*system};
  const auto root = caf::actor_cast<supervisor_actor>(llm->root());
  ask(self, root, deadline, component_atom_v, std::string{"ConfigActor"})
      .receive(
          [&](const caf::strong_actor_ptr& component) {
            BOOST_REQUIRE(component);
            wait_for_end(*system, component, deadline);
          },
          [](const caf::error& error) { BOOST_FAIL(describe(error)); });
  BOOST_REQUIRE(update_config(file, R"({"models": {"overseer": "elsewhere:1"}})"));
  BOOST_TEST(uses(overseer, "elsewhere:1"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(settings_in_force)

/// The same, but what others save is not watched.
struct Unwatched {
  TemporaryDirectory directory;
  std::filesystem::path file = directory / "config.json";
  caf::actor_system_config caf_config;
  std::unique_ptr<caf::actor_system> system;
  std::unique_ptr<LLMSystem> llm;

  Unwatched() {
    write_text(file, R"({"llm": {"timeout": 11}})");
    setup(caf_config);
    system = std::make_unique<caf::actor_system>(caf_config);
    llm = LLMSystem::start(*system, {.config_file = file, .watch_config = false}).value();
  }
  ~Unwatched() { llm.reset(); }
};

BOOST_FIXTURE_TEST_CASE(what_is_edited_by_hand_counts_once_it_is_read_on_purpose, Unwatched) {
  LLMIntegration api{*system, *llm};
  write_text(file, R"({"llm": {"timeout": 22}})");
  BOOST_CHECK(api.load_config()->timeout == std::chrono::seconds{11});
  BOOST_REQUIRE(api.set_model_for_role(overseer, "other:1"));
  BOOST_CHECK(api.load_config()->timeout == std::chrono::seconds{11});
  BOOST_TEST(api.load_config()->model(overseer) == "other:1");
  // The file has both.
  const auto stored = load_config(file);
  BOOST_REQUIRE(stored);
  BOOST_CHECK(stored->timeout == std::chrono::seconds{22});
  BOOST_TEST(stored->model(overseer) == "other:1");
  BOOST_CHECK(api.reload_config()->timeout == std::chrono::seconds{22});
  BOOST_CHECK(api.load_config()->timeout == std::chrono::seconds{22});
}

BOOST_FIXTURE_TEST_CASE(a_successor_of_the_config_actor_has_what_is_in_force, Unwatched) {
  write_text(file, R"({"llm": {"timeout": 22}})");
  caf::scoped_actor self{*system};
  ask(self, caf::actor_cast<supervisor_actor>(llm->root()), deadline, component_atom_v,
      std::string{"ConfigActor"})
      .receive(
          [&](const caf::strong_actor_ptr& component) {
            wait_for_end(*system, component, deadline);
          },
          [](const caf::error& error) { BOOST_FAIL(describe(error)); });
  LLMIntegration api{*system, *llm};
  BOOST_CHECK(api.load_config()->timeout == std::chrono::seconds{11});
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace config_watch_test

} // namespace nexus::llm::test
