#include <boost/test/unit_test.hpp>

#include "runtime/harness/script.hpp"
#include "runtime/harness/script_failure.hpp"

using namespace nexus::llm;
using namespace nexus::llm::testing;
using namespace std::chrono_literals;

namespace {
constexpr auto overseer = AIRole::overseer;

void a_reset_is_repeated(Script& script) {
  script.given_config(R"({"retryDelay": 1000})");
  script.given_model("llama3.1:8b");
  const auto view = script.subscriber("view");

  const auto plan = script.prompt(overseer, "Count to three", view);
  const auto first = script.ollama_is_asked("POST /api/generate", R"({"prompt": "Count to three"})");
  first.resets();
  script.ollama_is_not_asked();
  script.time_passes(1s);
  const auto second =
      script.ollama_is_asked("POST /api/generate", R"({"prompt": "Count to three"})");
  second.says({"one ", "two ", "three"});
  second.finishes();

  view.sees({progress(Phase::sent), progress(Phase::retrying), progress(Phase::sent),
             progress(Phase::first_token), chunk("one "), chunk("two "), chunk("three"),
             progress(Phase::done), ending("one two three")});
  plan.is_answered(R"({"response": "one two three", "provenance": {"attempts": 2}})");
}
} // namespace

BOOST_AUTO_TEST_SUITE(scripts)

BOOST_AUTO_TEST_CASE(a_script_reads_like_the_sequence_that_it_tests) {
  play({.name = "a reset is repeated"}, a_reset_is_repeated);
}

BOOST_AUTO_TEST_CASE(the_same_script_runs_over_real_http) {
  play({.name = "a reset is repeated", .over = Over::http}, a_reset_is_repeated);
}

BOOST_AUTO_TEST_SUITE_END()
