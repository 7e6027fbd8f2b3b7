// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "tests/cli/fixture.hpp"

namespace nexus::llm::cli::test {

BOOST_FIXTURE_TEST_SUITE(models, Fixture)

BOOST_AUTO_TEST_CASE(list_names_what_is_installed) {
  const auto outcome = run({"models", "list"});
  BOOST_TEST(outcome.code == 0);
  BOOST_TEST(lines_of(outcome.out).size() == 4u);
  BOOST_TEST(contains(outcome.out, "qwen2.5-coder:7b"));
  const auto json = json::parse(run({"models", "list", "--json"}).out);
  BOOST_REQUIRE(json.has_value());
  BOOST_TEST(json::find(*json, "models")->Size() == 3u);
}

BOOST_AUTO_TEST_CASE(check_tells_by_its_exit_code) {
  BOOST_TEST(run({"models", "check", "owl"}).code == 0);
  const auto missing = run({"models", "check", "nope"});
  BOOST_TEST(missing.code == 5);
  BOOST_TEST(missing.out == "");
  BOOST_TEST(contains(missing.err, "not installed"));
  const auto json = run({"models", "check", "nope", "--json"});
  BOOST_TEST(json.code == 5);
  BOOST_TEST(json_at(json.out, "available") == "false");
}

BOOST_AUTO_TEST_CASE(show_tells_of_one_model) {
  const auto outcome = run({"models", "show", "owl"});
  BOOST_TEST(outcome.code == 0);
  BOOST_TEST(contains(outcome.out, "completion, thinking"));
  BOOST_TEST(json_at(run({"models", "show", "owl", "--json"}).out, "capabilities") ==
             R"(["completion","thinking"])");
  BOOST_TEST(run({"models", "show", "nope"}).code == 5);
}

BOOST_AUTO_TEST_CASE(load_and_unload_show_in_ps) {
  BOOST_TEST(run({"models", "ps"}).out == "");
  BOOST_TEST(run({"models", "load", "owl", "--keep-alive", "1h"}).code == 0);
  BOOST_TEST(contains(run({"models", "ps"}).out, "owl"));
  BOOST_TEST(run({"models", "unload", "owl"}).code == 0);
  BOOST_TEST(json_at(run({"models", "ps", "--json"}).out, "models") == "[]");
}

BOOST_AUTO_TEST_CASE(for_ever_is_no_date) {
  BOOST_TEST(run({"models", "load", "owl", "--keep-alive", "-1"}).code == 0);
  BOOST_TEST(contains(run({"models", "ps"}).out, "for ever"));
  BOOST_TEST(
      contains(run({"models", "ps", "--json"}).out, "\"expiresAt\":\"9999-12-31T23:59:59Z\""));
}

BOOST_AUTO_TEST_CASE(copy_and_delete_change_what_is_installed) {
  BOOST_TEST(run({"models", "copy", "owl", "barn"}).code == 0);
  BOOST_TEST(run({"models", "check", "barn"}).code == 0);
  BOOST_TEST(run({"models", "delete", "barn"}).code == 0);
  BOOST_TEST(run({"models", "check", "barn"}).code == 5);
  BOOST_TEST(run({"models", "delete", "barn"}).code == 5);
}

BOOST_AUTO_TEST_CASE(a_model_is_made_of_another_or_of_a_file_and_is_sent) {
  BOOST_TEST(run({"models", "create", "mine", "--from", "owl", "--system", "Be kind.", "--option",
                  "top_k=5"})
                 .code == 0);
  BOOST_TEST(json_at(last_body("/api/create"), "parameters.top_k") == "5");
  BOOST_TEST(json_at(last_body("/api/create"), "system") == R"("Be kind.")");
  BOOST_TEST(run({"models", "check", "mine"}).code == 0);
  write(home / "work" / "weights.gguf", "some weights");
  BOOST_TEST(run({"models", "create", "own", "--file", "weights.gguf"}).code == 0);
  BOOST_TEST(contains(last_body("/api/create"), "weights.gguf"));
  const auto nothing = run({"models", "create", "none"});
  BOOST_TEST(nothing.code == 2);
  BOOST_TEST(contains(nothing.err, "--from NAME"), nothing.err);
  BOOST_TEST(contains(nothing.err, "--file FILE"), nothing.err);
  const auto missing = run({"models", "create", "none", "--file", "nosuch"});
  BOOST_TEST(missing.code == 2);
  BOOST_TEST(contains(missing.err, "nosuch"));
  BOOST_TEST(run({"models", "push", "mine", "--insecure"}).code == 0);
  BOOST_TEST(json_at(last_body("/api/push"), "insecure") == "true");
}

BOOST_AUTO_TEST_CASE(pull_tells_its_progress_in_lines) {
  const auto outcome = run({"models", "pull", "robin"});
  BOOST_TEST(outcome.code == 0);
  BOOST_TEST(outcome.out == "");
  // The answer may overtake reports of progress; those that come are whole lines.
  BOOST_TEST(outcome.err.ends_with("robin is installed.\n"), outcome.err);
  BOOST_TEST(!contains(outcome.err, "\r"));
  BOOST_TEST(run({"models", "check", "robin"}).code == 0);
  const auto lines = lines_of(run({"models", "pull", "wren", "--json"}).out);
  BOOST_REQUIRE(!lines.empty());
  BOOST_TEST(json_at(lines.back(), "done") == "true");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::llm::cli::test
