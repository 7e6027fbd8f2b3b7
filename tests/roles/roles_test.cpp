// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <algorithm>

#include "config/config_keys.hpp"
#include "config/describe_json.hpp"
#include "config/read_json.hpp"
#include "nexus_llm/testing/script.hpp"
#include "tests/cli/fixture.hpp"

using namespace nexus::llm;

BOOST_AUTO_TEST_SUITE(a_third_role)

namespace {

constexpr AIRole reviewer{2};

/// The program with three roles, and an Ollama that has the model of the third.
struct ThreeRoles : cli::test::Fixture {
  ThreeRoles() {
    auto with_judge = options();
    with_judge.models.push_back({.name = "judge:3b", .reply = "Looks good."});
    simulator = std::make_unique<simulator::Simulator>(with_judge);
    configure(simulator->base_url());
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(is_there_in_the_settings_with_what_the_table_says) {
  const LLMClientConfig config;
  BOOST_TEST(config.model(reviewer) == "judge:3b");
  BOOST_TEST(config.settings(reviewer).options == R"({"top_k": 5})");
  for (const char* path : {"models.reviewer", "fallbackModels.reviewer", "roles.reviewer.numCtx",
                           "roles.reviewer.options"})
    BOOST_TEST(
        std::ranges::any_of(config_keys(), [path](const auto& key) { return key.path == path; }),
        path);
  BOOST_TEST(validate(config).has_value());
}

BOOST_AUTO_TEST_CASE(has_its_name_in_json) {
  LLMClientConfig config;
  config.settings(reviewer).system = "Be strict.";
  LLMClientConfig read;
  const auto problem = json::read_value(*json::parse(json::describe(config)), read);
  BOOST_TEST(!problem.has_value());
  BOOST_TEST((read == config));
  RoleStats stats;
  const auto wrong = json::read_value(*json::parse(R"({"role": "planner"})"), stats);
  BOOST_TEST(wrong.value_or("") == ".role must be one of overseer, implementation, reviewer");
}

BOOST_AUTO_TEST_CASE(answers_through_an_actor_of_its_own) {
  testing::play({.name = "three roles"}, [](testing::Script& script) {
    script.given_model("llama3.1:8b", "A plan.");
    script.given_model("judge:3b");
    const auto review = script.prompt(reviewer, "Look at this");
    const auto plan = script.prompt(AIRole::overseer, "Plan this");
    plan.is_answered(R"({"response": "A plan."})");
    script
        .ollama_is_asked(
            "POST /api/generate",
            R"({"model": "judge:3b", "prompt": "Look at this", "options": {"top_k": 5}})")
        .answers("Looks good.");
    review.is_answered(R"({"response": "Looks good."})");
    const auto health = script.ask("health", R"(["health"])");
    health.is_answered(R"({"roles": [{"role": "overseer", "answered": 1},
                                     {"role": "implementation", "answered": 0},
                                     {"role": "reviewer", "answered": 1}]})");
    BOOST_TEST(script.fails_now("RoleActor/reviewer"));
    const auto again = script.prompt(reviewer, "Look again");
    script.ollama_is_asked("POST /api/generate", R"({"prompt": "Look again"})").answers("Fine.");
    again.is_answered(R"({"response": "Fine."})");
  });
}

BOOST_FIXTURE_TEST_CASE(is_offered_on_the_command_line, ThreeRoles) {
  const auto answer = run({"--role", "reviewer", "generate", "Look at this"});
  BOOST_TEST(answer.code == 0);
  BOOST_TEST(answer.out == "Looks good.\n");
  BOOST_TEST(cli::test::contains(run({"role", "get"}).out, "reviewer: judge:3b\n"));
  BOOST_TEST(run({"role", "set", "reviewer", "owl"}).code == 0);
  BOOST_TEST(run({"role", "get", "reviewer"}).out == "owl\n");
  BOOST_TEST(cli::test::contains(run({"--help"}).out, "overseer, implementation or reviewer"));
  const auto unknown = run({"--role", "planner", "generate", "x"});
  BOOST_TEST(unknown.code == 2);
  BOOST_TEST(cli::test::contains(unknown.err, "overseer, implementation and reviewer"));
}

BOOST_FIXTURE_TEST_CASE(is_understood_in_scenarios, ThreeRoles) {
  write(home / "work" / "review.json", R"({
    "name": "a review",
    "models": [{"name": "judge:3b", "reply": "Fine."}],
    "steps": [
      {"prompt": "Look", "role": "reviewer", "as": "look"},
      {"answered": "look", "with": {"response": "Fine."}}
    ]})");
  const auto played = run({"script", "review.json"});
  BOOST_TEST(played.code == 0, played.out + played.err);
  // The schema lists each role by itself.
  const auto schema = run({"script", "--schema"}).out;
  for (const auto* role : {"overseer", "implementation", "reviewer"})
    BOOST_TEST(cli::test::contains(schema, '"' + std::string{role} + '"'), role);
}

BOOST_FIXTURE_TEST_CASE(is_served_by_a_node_to_those_who_have_it_too, ThreeRoles) {
  cli::test::Child node{child_options({"serve", "--listen", "127.0.0.1:0"})};
  BOOST_REQUIRE_MESSAGE(node.read_until("\n"), node.err());
  const auto address = node.out().substr(0, node.out().find('\n'));
  const auto answer = run({"--connect", address, "--role", "reviewer", "generate", "Look"});
  BOOST_TEST(answer.out == "Looks good.\n");

  // Roles go by their numbers over the network: those who mean other roles do not talk.
  auto two = child_options({"--verbose", "--connect", address, "generate", "Look"});
  two.program = NEXUS_LLM_TWO_ROLES;
  cli::test::Child other{two};
  other.close_input();
  BOOST_TEST(other.wait() == 8);
  BOOST_TEST(cli::test::contains(other.err(), "the node has the roles overseer, implementation, "
                                              "reviewer; the client overseer, implementation"),
             other.err());
}

BOOST_AUTO_TEST_SUITE_END()
