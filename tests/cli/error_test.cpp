// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "tests/cli/fixture.hpp"

namespace nexus::llm::cli::test {

using simulator::Fault;

namespace error_test {

namespace {

/// A failure tells one sentence on stderr and nothing on stdout.
void expect_failure(const Outcome& outcome, int code, std::string_view sentence) {
  BOOST_TEST(outcome.code == code);
  BOOST_TEST(outcome.out == "");
  BOOST_TEST(lines_of(outcome.err).size() == 1u, outcome.err);
  BOOST_TEST(outcome.err.starts_with("error: "), outcome.err);
  BOOST_TEST(contains(outcome.err, sentence), outcome.err);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(error, Fixture)

BOOST_AUTO_TEST_CASE(refused_connection_is_3) {
  simulator->stop();
  expect_failure(run({"generate", "hi"}), 3, "Ollama is not running");
}

BOOST_AUTO_TEST_CASE(timeout_is_4) {
  simulator->inject(Fault::stall_before_response());
  expect_failure(run({"generate", "--timeout", "0.3", "hi"}), 4, "in time");
}

BOOST_AUTO_TEST_CASE(silence_in_mid_answer_is_4_and_keeps_the_text) {
  simulator->set_reply("llama3.1:8b", "one two three");
  simulator->inject(Fault::stall_after_lines(1));
  const auto outcome = run({"generate", "--timeout", "0.3", "hi"});
  BOOST_TEST(outcome.code == 4);
  BOOST_TEST(outcome.out == "one\n");
}

BOOST_AUTO_TEST_CASE(missing_model_is_5) {
  expect_failure(run({"generate", "-m", "nope", "hi"}), 5, "The model nope is not installed");
}

BOOST_AUTO_TEST_CASE(refused_request_is_6) {
  simulator->inject(Fault::respond(400, R"({"error":"no"})"));
  expect_failure(run({"generate", "hi"}), 6, "did not accept");
}

BOOST_AUTO_TEST_CASE(failing_server_is_6) {
  simulator->inject(Fault::respond(500, R"({"error":"no"})").times(0));
  expect_failure(run({"generate", "hi"}), 6, "Ollama failed");
}

BOOST_AUTO_TEST_CASE(cut_stream_is_7_and_keeps_the_text) {
  simulator->set_reply("llama3.1:8b", "one two three");
  simulator->inject(Fault::close_after_lines(2));
  const auto outcome = run({"generate", "hi"});
  BOOST_TEST(outcome.code == 7);
  BOOST_TEST(outcome.out == "one two\n");
  BOOST_TEST(outcome.err.starts_with("error: "));
}

BOOST_AUTO_TEST_CASE(broken_configuration_is_8) {
  write(config_path(), "{");
  expect_failure(run({"generate", "hi"}), 8, "not valid JSON");
}

BOOST_AUTO_TEST_CASE(missing_configuration_file_is_8) {
  expect_failure(run({"generate", "--config", "nope.json", "hi"}), 8, "nope.json");
}

BOOST_AUTO_TEST_CASE(other_machine_is_8) {
  expect_failure(run({"generate", "--base-url", "http://example.com:11434", "hi"}), 8,
                 "not on this machine");
}

BOOST_AUTO_TEST_CASE(wrong_usage_is_2) {
  for (const Arguments& arguments :
       {Arguments{"--verbose"}, Arguments{"nonsense"}, Arguments{"generate", "--nonsense", "hi"},
        Arguments{"models"}, Arguments{"models", "show"}, Arguments{"role", "set", "overseer"}}) {
    const auto outcome = run(arguments);
    BOOST_TEST(outcome.code == 2);
    BOOST_TEST(outcome.out == "");
    BOOST_TEST(outcome.err.starts_with("error: "), outcome.err);
    BOOST_TEST(contains(outcome.err, "--help"));
  }
  // Whoever gave a wrong value is told what is wanted, and no more.
  expect_failure(run({"generate", "--temperature", "warm", "hi"}), 2, "a number from 0 to 2");
  expect_failure(run({"generate", "--timeout", "0", "hi"}), 2, "a number of seconds from 0.001");
  expect_failure(run({"generate", "-r", "king", "hi"}), 2, "overseer and implementation");
}

BOOST_AUTO_TEST_CASE(invalid_input_is_2) {
  expect_failure(run({"generate", ""}), 2, "`prompt` is empty");
  expect_failure(run({"generate"}), 2, "`prompt` is empty");
  expect_failure(run({"generate", "caf\xE9"}), 2, "UTF-8");
  expect_failure(run({"generate"}, std::string_view{"a\0b", 3}), 2, "NUL");
  expect_failure(run({"generate", "-f", "nope.txt"}), 2, "`nope.txt` cannot be read");
  expect_failure(run({"generate", "--temperature", "3", "hi"}), 2, "temperature");
  expect_failure(run({"generate", "--format", "[1]", "hi"}), 2, "format");
  expect_failure(run({"generate", "-m", "not a name", "hi"}), 2, "not a valid model name");
}

BOOST_AUTO_TEST_CASE(errors_are_objects_where_json_is_wanted) {
  const auto outcome = run({"generate", "--json", "-m", "nope", "hi"});
  BOOST_TEST(outcome.code == 5);
  BOOST_TEST(lines_of(outcome.out).size() == 1u);
  BOOST_TEST(json_at(outcome.out, "error.code") == R"("model_not_found")");
  BOOST_TEST(json_at(outcome.out, "error.category") == R"("model")");
  BOOST_TEST(json_at(outcome.out, "error.exitCode") == "5");
  BOOST_TEST(contains(json_at(outcome.out, "error.message"), "not installed"));
  BOOST_TEST(json_at(outcome.out, "error.detail") != "");
  BOOST_TEST(json_at(run({"--json", "nonsense"}).out, "error.exitCode") == "2");
}

BOOST_AUTO_TEST_CASE(the_reason_is_always_told_and_detail_only_where_it_is_wanted) {
  const auto fault = Fault::respond(400, R"({"error":"the very reason","hint":"the very detail"})");
  simulator->inject(fault);
  const auto plain = run({"generate", "hi"}).err;
  BOOST_TEST(contains(plain, "the very reason"));
  BOOST_TEST(!contains(plain, "the very detail"));
  simulator->inject(fault);
  BOOST_TEST(contains(run({"generate", "--verbose", "hi"}).err, "the very detail"));
}

BOOST_AUTO_TEST_CASE(numbers_are_read_in_the_forms_in_which_people_write_them) {
  for (const Arguments& given : std::vector<Arguments>{{"--timeout", "30s"},
                                                       {"--timeout", "1m30s"},
                                                       {"--timeout", "+2"},
                                                       {"--num-ctx", "8192.0"},
                                                       {"--num-ctx=4e3"},
                                                       {"--temperature", ".5"}}) {
    auto arguments = given;
    arguments.insert(arguments.end(), {"generate", "hi"});
    const auto outcome = run(arguments);
    BOOST_TEST(outcome.code == 0, outcome.err);
  }
  for (const Arguments& given : std::vector<Arguments>{{"--timeout", "0s"},
                                                       {"--timeout", "inf"},
                                                       {"--timeout", "5 minutes"},
                                                       {"--num-ctx", "8192.5"},
                                                       {"--num-ctx", "1e300"},
                                                       {"--temperature", "nan"}}) {
    auto arguments = given;
    arguments.insert(arguments.end(), {"generate", "hi"});
    const auto outcome = run(arguments);
    BOOST_TEST(outcome.code == 2);
    BOOST_TEST(contains(outcome.err, given.front() + " must be a number"), outcome.err);
  }
}

BOOST_AUTO_TEST_CASE(a_node_on_another_machine_is_not_talked_to_in_clear) {
  // A documentation address: nobody is there, and nobody is asked.
  const auto outcome = run({"--connect", "192.0.2.7", "generate", "secret"});
  BOOST_TEST(outcome.code == 8);
  BOOST_TEST(contains(outcome.err, "in clear"), outcome.err);
}

BOOST_AUTO_TEST_CASE(a_model_that_runs_elsewhere_is_refused_with_its_host) {
  const auto outcome = run({"-m", "gpt-oss:120b-cloud", "generate", "secret"});
  BOOST_TEST(outcome.code == 5);
  BOOST_TEST(contains(outcome.err, "ollama.com"), outcome.err);
  BOOST_TEST(last_body("/api/generate") == "");
}

BOOST_AUTO_TEST_CASE(help_and_version_are_answers) {
  const auto help = run({"--help"});
  BOOST_TEST(help.code == 0);
  BOOST_TEST(contains(help.out, "generate"));
  BOOST_TEST(help.err == "");
  const auto version = run({"--version"});
  BOOST_TEST(version.code == 0);
  BOOST_TEST(version.out.starts_with("nexus-llm "));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace error_test

} // namespace nexus::llm::cli::test
