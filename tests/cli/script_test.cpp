// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "tests/cli/fixture.hpp"
#include "tests/unit/temporary_directory.hpp"

namespace nexus::llm::cli::test {

namespace script_test {

namespace {

constexpr const char* good = R"({
  "name": "a colour",
  "steps": [
    {"prompt": "Name a colour", "as": "plan"},
    {"asked": "POST /api/generate"},
    {"pass": "2s"},
    {"answer": "Blue."},
    {"answered": "plan", "with": {"response": "Blue."}}
  ]
})";

constexpr const char* bad = R"({
  "name": "no colour",
  "steps": [
    {"prompt": "Name a colour", "as": "plan"},
    {"asked": "POST /api/generate"},
    {"answer": "Blue."},
    {"answered": "plan", "with": {"response": "Red."}}
  ]
})";

} // namespace

struct Scenes : Fixture {
  Scenes() {
    write(home / "work" / "scenes" / "good.json", good);
    write(home / "work" / "scenes" / "bad.json", bad);
  }
};

BOOST_FIXTURE_TEST_SUITE(script, Scenes)

BOOST_AUTO_TEST_CASE(a_scenario_that_passes_is_0_and_needs_no_ollama) {
  simulator->stop();
  for (const auto& more : {Arguments{}, Arguments{"--http"}, Arguments{"--orders", "5"}}) {
    Arguments arguments{"script", "scenes/good.json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto outcome = run(arguments);
    BOOST_TEST(outcome.code == 0);
    BOOST_TEST(outcome.out == "passed  a colour (+2.000 s)\n");
    BOOST_TEST(outcome.err == "");
  }
}

BOOST_AUTO_TEST_CASE(a_scenario_may_begin_with_a_byte_order_mark_and_is_in_utf8) {
  write(home / "work" / "mark.json", "\xEF\xBB\xBF" + std::string{good});
  BOOST_TEST(run({"script", "mark.json"}).code == 0);
  write(home / "work" / "latin.json", R"({"name": "caf)"
                                      "\xE9"
                                      R"(", "steps": []})");
  const auto outcome = run({"script", "latin.json"});
  BOOST_TEST(outcome.code == 2);
  BOOST_TEST(contains(outcome.err, "latin.json seems to be in ISO-8859-1"), outcome.err);
}

BOOST_AUTO_TEST_CASE(a_scenario_that_does_not_pass_is_1_and_tells_why) {
  const auto outcome = run({"script", "scenes/bad.json", "scenes/good.json"});
  BOOST_TEST(outcome.code == 1);
  BOOST_TEST(contains(outcome.out, "failed  no colour\npassed  a colour"));
  BOOST_TEST(contains(outcome.err, "scenes/bad.json:7: `no colour`: the requester plan got "
                                   "something else than what it expects: .LLMResponse.response is "
                                   "\"Blue.\", not \"Red.\""));
  BOOST_TEST(contains(outcome.err, "1 of 2 scenarios did not pass."));
}

BOOST_AUTO_TEST_CASE(a_directory_means_all_scenarios_in_it) {
  const auto outcome = run({"script", "scenes", "--json"});
  BOOST_TEST(outcome.code == 1);
  const auto lines = lines_of(outcome.out);
  BOOST_REQUIRE(lines.size() == 2u);
  BOOST_TEST(json_at(lines[0], "passed") == "false");
  BOOST_TEST(contains(json_at(lines[0], "failure"), "bad.json:7"));
  BOOST_TEST(json_at(lines[1], "name") == "\"a colour\"");
  BOOST_TEST(json_at(lines[1], "passed") == "true");
  BOOST_TEST(json_at(lines[1], "virtualMillis") == "2000");
}

BOOST_AUTO_TEST_CASE(a_wrong_file_is_2_with_line_and_key_and_nothing_is_played) {
  write(home / "work" / "wrong.json", "{\"name\": \"x\",\n\"steps\": [{\"pass\": \"soon\"}]}");
  const auto outcome = run({"script", "scenes/good.json", "wrong.json"});
  BOOST_TEST(outcome.code == 2);
  BOOST_TEST(outcome.out == "");
  BOOST_TEST(contains(outcome.err, "wrong.json:2: `steps[0].pass` must be a time"));
  BOOST_TEST(run({"script"}).code == 2);
  BOOST_TEST(run({"script", "nowhere.json"}).code == 2);
  std::filesystem::create_directories(home / "work" / "empty");
  BOOST_TEST(run({"script", "empty"}).code == 2);
}

BOOST_AUTO_TEST_CASE(verbose_shows_every_message) {
  const auto outcome = run({"script", "--verbose", "scenes/good.json"});
  BOOST_TEST(contains(outcome.err, "+0.000 s plan -> overseer: generate, Name a colour"));
  BOOST_TEST(contains(outcome.err, "+2.000 s RequestActor/plan -> plan: LLMResponse"));
}

BOOST_AUTO_TEST_CASE(a_live_session_is_recorded_and_played_without_ollama) {
  simulator->queue_reply("", "Grüne Wälder, 深い森");
  simulator->inject(simulator::Fault::split_chunks(7));
  const auto live = run({"script", "--record", "session.json", "--temperature", "0",
                         "Name a colour", "Name another"});
  BOOST_TEST(live.code == 0);
  BOOST_TEST(contains(live.out, "Grüne Wälder, 深い森\n"));
  BOOST_TEST(contains(live.err, "`nexus-llm script session.json` plays it without Ollama"));
  const auto spaced = run({"script", "--record", "it's new.json", "Name a colour"});
  BOOST_TEST(contains(spaced.err, R"(`nexus-llm script 'it'\''s new.json'`)"), spaced.err);
  simulator->stop();
  for (const char* way : {"--verbose", "--http"}) {
    const auto replay = run({"script", way, "session.json"});
    BOOST_TEST(replay.code == 0, replay.err);
    BOOST_TEST(contains(replay.out, "passed  session"));
  }
}

BOOST_AUTO_TEST_CASE(failures_of_a_live_session_are_recorded_too) {
  simulator->inject(simulator::Fault::reset_after_lines(2));
  simulator->inject(simulator::Fault::respond(400, R"({"error":"no"})"));
  simulator->inject(simulator::Fault::busy(1));
  BOOST_TEST(run({"script", "--record", "session.json", "one", "two", "three", "four"}).code == 0);
  simulator->stop();
  BOOST_TEST(run({"script", "--record", "down.json", "five"}).code == 0);
  const auto replay = run({"script", "session.json", "down.json"});
  BOOST_TEST(replay.code == 0, replay.err);
}

BOOST_AUTO_TEST_CASE(a_recording_that_cannot_be_written_is_told) {
  const auto outcome = run({"script", "--record", "no/such/place.json", "hi"});
  BOOST_TEST(outcome.code == 2);
  BOOST_TEST(contains(outcome.err, "no/such/place.json cannot be written"));
  BOOST_TEST(run({"script", "--record", "x.json"}).code == 2);
  BOOST_TEST(run({"--connect", "127.0.0.1:1", "script", "--record", "x.json", "hi"}).code == 2);
  // Nodes of the settings are no hindrance.
  configure(simulator->base_url(), R"(, "nodes": ["127.0.0.1:1"])");
  BOOST_TEST(run({"script", "--record", "x.json", "hi"}).code == 0);
}

BOOST_AUTO_TEST_CASE(the_file_of_a_recording_is_checked_before_anything_is_asked) {
  write(home / "work" / "old.json", "precious");
  const auto exists = run({"script", "--record", "old.json", "hi"});
  BOOST_TEST(exists.code == 2);
  BOOST_TEST(exists.out == "");
  BOOST_TEST(contains(exists.err, "old.json exists already; --force writes over it"), exists.err);
  BOOST_TEST(run({"script", "--record", "no/such/place.json", "hi"}).out == "");
  BOOST_TEST(last_body("/api/generate") == "");
  BOOST_TEST(nexus::llm::test::read_text(home / "work" / "old.json") == "precious");
  BOOST_TEST(run({"script", "--record", "old.json", "--force", "hi"}).code == 0);
  BOOST_TEST(run({"script", "old.json"}).code == 0);
}

BOOST_AUTO_TEST_CASE(a_recording_that_is_given_up_leaves_no_file) {
  write(config_path(), "{");
  BOOST_TEST(run({"script", "--record", "new.json", "hi"}).code == 8);
  BOOST_TEST(!std::filesystem::exists(home / "work" / "new.json"));
}

BOOST_AUTO_TEST_CASE(the_schema_is_printed) {
  const auto outcome = run({"script", "--schema"});
  BOOST_TEST(outcome.code == 0);
  BOOST_TEST(json_at(outcome.out, "title") == "\"nexus-llm scenario\"");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace script_test

} // namespace nexus::llm::cli::test
