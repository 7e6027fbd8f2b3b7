// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "tests/cli/fixture.hpp"

namespace nexus::llm::cli::test {

namespace usage_test {

namespace {

/// The mistake is told in one sentence on stderr, with exit code 2.
void expect_mistake(const Outcome& outcome, std::string_view sentence) {
  BOOST_TEST(outcome.code == 2);
  BOOST_TEST(outcome.out == "");
  BOOST_TEST(outcome.err.starts_with("error: "), outcome.err);
  BOOST_TEST(contains(outcome.err, sentence), outcome.err);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(usage, Fixture)

BOOST_AUTO_TEST_CASE(an_unknown_command_is_named_with_the_nearest) {
  expect_mistake(run({"genrate", "hi"}), "`genrate` is no command; the nearest is `generate`");
  expect_mistake(run({"models", "lst"}),
                 "`lst` is no command of `nexus-llm models`; the nearest is `list`");
  expect_mistake(run({"--verbose", "config", "shwo"}), "the nearest is `show`");
  const auto far = run({"nonsense"});
  expect_mistake(far, "`nonsense` is no command.");
  BOOST_TEST(contains(far.err, "`nexus-llm --help` tells how to use it."), far.err);
}

BOOST_AUTO_TEST_CASE(an_unknown_option_is_named_with_the_nearest) {
  expect_mistake(
      run({"generate", "--temprature", "0.5", "hi"}),
      "`--temprature` is no option of `nexus-llm generate`; the nearest is `--temperature`");
  expect_mistake(run({"generate", "--sed=1", "hi"}), "`--sed` is no option");
  expect_mistake(run({"generate", "--sed=1", "hi"}), "the nearest is `--seed`");
  const auto own = run({"serve", "--lisen", "127.0.0.1:1"});
  expect_mistake(own, "the nearest is `--listen`");
  BOOST_TEST(contains(own.err, "`nexus-llm serve --help` tells how to use it."), own.err);
}

BOOST_AUTO_TEST_CASE(an_unknown_role_or_setting_is_named_with_the_nearest) {
  expect_mistake(run({"generate", "-r", "overser", "hi"}),
                 "`overser` is no role; the nearest is `overseer`; the roles are");
  expect_mistake(run({"role", "get", "impl"}), "the nearest is `implementation`");
  expect_mistake(run({"config", "set", "timeuot", "5"}), "the nearest is `llm.timeout`");
  expect_mistake(run({"config", "unset", "maxRetires"}), "the nearest is `llm.maxRetries`");
}

BOOST_AUTO_TEST_CASE(a_model_that_is_not_installed_is_met_with_the_nearest_one_and_our_command) {
  const auto outcome = run({"generate", "-m", "lama3.1", "hi"});
  BOOST_TEST(outcome.code == 5);
  BOOST_TEST(contains(outcome.err, "`nexus-llm models pull lama3.1`"), outcome.err);
  BOOST_TEST(contains(outcome.err, "The nearest that is installed is `llama3.1:8b`."), outcome.err);
  BOOST_TEST(contains(run({"models", "show", "owll"}).err, "`owl:latest`"));
  BOOST_TEST(contains(run({"models", "check", "owll"}).err, "`owl:latest`"));
  BOOST_TEST(contains(run({"role", "set", "overseer", "owll"}).err, "`owl:latest`"));
}

BOOST_AUTO_TEST_CASE(what_is_missing_or_too_much_is_named) {
  expect_mistake(run({"models"}), "`nexus-llm models` needs a command: list, check,");
  expect_mistake(run({"--verbose"}), "`nexus-llm` needs a command: generate,");
  expect_mistake(run({"doctor", "now"}), "`now` is one argument too many for `nexus-llm doctor`");
}

BOOST_AUTO_TEST_CASE(bare_help_and_version_are_answers) {
  const auto bare = run({});
  BOOST_TEST(bare.code == 0);
  BOOST_TEST(bare.err == "");
  BOOST_TEST(bare.out == run({"--help"}).out);
  BOOST_TEST(bare.out == run({"help"}).out);
  BOOST_TEST(contains(bare.out, "Exit codes:"));
  BOOST_TEST(run({"version"}).out == run({"--version"}).out);
  BOOST_TEST(contains(run({"version", "--json"}).out, "{\"version\":\""));
}

BOOST_AUTO_TEST_CASE(help_of_a_command_has_an_example_and_the_options_of_every_command) {
  const auto help = run({"help", "models", "pull"});
  BOOST_TEST(help.code == 0, help.err);
  BOOST_TEST(help.out == run({"models", "pull", "--help"}).out);
  BOOST_TEST(contains(help.out, "Usage: nexus-llm models pull"), help.out);
  BOOST_TEST(contains(help.out, "--insecure"));
  BOOST_TEST(contains(help.out, "Example:\n  nexus-llm models pull llama3.1:8b\n"), help.out);
  BOOST_TEST(contains(help.out, "Options of every command:"));
  BOOST_TEST(contains(help.out, "--base-url"));
  expect_mistake(run({"help", "models", "pul"}), "the nearest is `pull`");
}

BOOST_AUTO_TEST_CASE(every_command_has_an_example_and_help_by_either_way) {
  for (const char* command :
       {"generate", "chat",   "embed",    "batch",  "models",      "role",    "config", "log",
        "doctor",   "schema", "simulate", "script", "serve",       "sidecar", "health", "stats",
        "top",      "certs",  "demo",     "help",   "completions", "man",     "version"}) {
    const auto help = run({command, "--help"});
    BOOST_TEST(help.code == 0, command);
    BOOST_TEST(contains(help.out, "Example:\n  nexus-llm " + std::string{command}), help.out);
    BOOST_TEST(help.out == run({"help", command}).out, command);
  }
}

BOOST_AUTO_TEST_CASE(short_names_do_what_the_long_ones_do) {
  BOOST_TEST(run({"models", "ls"}).out == run({"models", "list"}).out);
  BOOST_TEST(run({"models", "cp", "owl", "barn"}).code == 0);
  BOOST_TEST(run({"models", "check", "barn"}).code == 0);
  BOOST_TEST(run({"models", "rm", "barn"}).code == 0);
  BOOST_TEST(run({"models", "check", "barn"}).code == 5);
}

BOOST_AUTO_TEST_CASE(a_message_blames_the_flag_that_was_used) {
  const auto url = run({"--base-url", "ftp://localhost", "generate", "hi"});
  expect_mistake(url, "--base-url `ftp://localhost` must begin with http:// or https://");
  expect_mistake(run({"--base-url", "localhost:99999", "generate", "hi"}),
                 "--base-url `localhost:99999` must have a port from 1 to 65535");
  expect_mistake(run({"--keep-alive", "soon", "generate", "hi"}),
                 "`--keep-alive` must be a duration");
  expect_mistake(run({"--keep-alive", "soon", "models", "load", "owl"}),
                 "`--keep-alive` must be a duration");
  expect_mistake(run({"--format", "[1]", "generate", "hi"}), "`--format` must be `json`");
  expect_mistake(run({"--connect", "a b", "generate", "hi"}), "--connect: `a b` is no address");
}

BOOST_AUTO_TEST_CASE(an_option_with_an_equals_sign_and_nothing_takes_nothing_else) {
  BOOST_TEST(contains(run({"generate", "--system=", "hi"}).out, "\"hi\""));
  BOOST_TEST(contains(run({"--keep-alive=", "generate", "hi"}).out, "\"hi\""));
  BOOST_TEST(run({"generate", "--seed=", "5"}).code == 2);
  BOOST_TEST(contains(run({"generate", "--", "--system="}).out, "--system="));
}

BOOST_AUTO_TEST_CASE(a_message_blames_the_variable_that_names_ollama) {
  environment["OLLAMA_HOST"] = "http://example.com";
  const auto outcome = run({"config", "show", "--origin"});
  BOOST_TEST(outcome.code == 8);
  BOOST_TEST(contains(outcome.err, "OLLAMA_HOST=http://example.com"), outcome.err);
}

BOOST_AUTO_TEST_CASE(file_names_that_are_no_text_leave_json_valid) {
  const auto outcome = run({"generate", "--json", "-f", "bad\xFF", "hi"});
  BOOST_TEST(outcome.code == 2);
  BOOST_TEST(contains(json_at(outcome.out, "error.message"), "bad\xEF\xBF\xBD"), outcome.out);
}

BOOST_AUTO_TEST_CASE(a_base_url_is_read_as_the_environment_is) {
  const auto port = std::to_string(simulator->port());
  configure("http://127.0.0.1:1");
  for (const auto& url : {"127.0.0.1:" + port, ":" + port, "\"http://localhost:" + port + "/\""}) {
    const auto outcome = run({"--base-url", url, "generate", "hi"});
    BOOST_TEST(outcome.code == 0, url << " " << outcome.err);
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace usage_test

} // namespace nexus::llm::cli::test
