// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include "tests/cli/fixture.hpp"

namespace nexus::llm::cli::test {

BOOST_FIXTURE_TEST_SUITE(demo, Fixture)

BOOST_AUTO_TEST_CASE(ends_with_its_job_after_the_last_figures) {
  const auto outcome = run({"demo"});
  BOOST_TEST(outcome.code == 0);
  const auto lines = lines_of(outcome.err);
  BOOST_REQUIRE(lines.size() == 5u);
  BOOST_TEST(lines[0].starts_with("Using Ollama at "));
  for (const std::size_t i : {1u, 2u, 3u})
    BOOST_TEST(lines[i].starts_with("["));
  BOOST_TEST(lines[4].starts_with("The job is done, in "));
  // Each answer fits what was asked for.
  BOOST_TEST(contains(outcome.out, "overseer (llama3.1:8b):\n[simulated]"));
  BOOST_TEST(contains(outcome.out, "1. "));
  BOOST_TEST(contains(outcome.out, "int clamp_to("));
  BOOST_TEST(outcome.out.rfind("```") < outcome.out.rfind("overseer ("));
  BOOST_TEST(outcome.out.rfind("int ") < outcome.out.rfind("overseer ("));
}

BOOST_AUTO_TEST_CASE(without_ollama_it_says_so_and_does_the_job_with_a_simulated_one) {
  simulator->stop();
  const auto outcome = run({"demo"});
  BOOST_TEST(outcome.code == 0);
  const auto lines = lines_of(outcome.err);
  BOOST_REQUIRE(!lines.empty());
  BOOST_TEST(lines.front().starts_with("Ollama is not running at " + simulator->base_url() +
                                       ". Start it with `ollama serve`. Until then a simulated "
                                       "Ollama answers, at http://127.0.0.1:"));
  BOOST_TEST(lines.back().starts_with("The job is done, in "));
  BOOST_TEST(contains(outcome.out, "overseer (llama3.1:8b):\n[simulated]"));
}

BOOST_AUTO_TEST_CASE(without_the_model_of_a_role_it_says_so_and_uses_a_simulated_one) {
  auto one = options();
  one.models.resize(1);
  const simulator::Simulator other{one};
  configure(other.base_url());
  const auto outcome = run({"demo"});
  BOOST_TEST(outcome.code == 0);
  BOOST_TEST(contains(outcome.err, "qwen2.5-coder:7b"), outcome.err);
  BOOST_TEST(contains(outcome.err, "Until then a simulated Ollama answers"), outcome.err);
  BOOST_TEST(contains(outcome.err, "The job is done"));
}

BOOST_AUTO_TEST_CASE(a_job_that_failed_is_no_success) {
  simulator->inject(simulator::Fault::respond(400, R"({"error":"no"})").on("/api/chat"));
  const auto outcome = run({"demo"});
  BOOST_TEST(outcome.code == 6);
  BOOST_TEST(!contains(outcome.err, "The job is done"));
}

BOOST_AUTO_TEST_CASE(ctrl_c_ends_it) {
  simulator->inject(simulator::Fault::stall_after_lines(2));
  Child child{child_options({"demo"})};
  BOOST_TEST(child.read_until("overseer ("));
  child.signal(SIGINT);
  BOOST_TEST(child.wait() == 130);
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_cut_is_told) {
  std::string text;
  for (int i = 0; i < 1000; ++i)
    text += "word ";
  simulator->set_reply("qwen2.5-coder:7b", text);
  const auto outcome = run({"demo"});
  BOOST_TEST(outcome.code == 0);
  BOOST_TEST(contains(outcome.err, "warning: the answer was cut at 512 tokens"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::llm::cli::test
