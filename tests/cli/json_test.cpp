// SPDX-License-Identifier: BSD-3-Clause
// What every command writes with `--json`, success and failure, fits the schema that the program
// prints.
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tests/cli/fixture.hpp"
#include "tests/printed_schema.hpp"

namespace nexus::llm::cli::test {

using llm::test::PrintedSchema;
using simulator::Fault;

namespace {

/// One run: the command as the schema names it, and what follows it.
struct JsonRun {
  std::string command;
  Arguments arguments = {};
  std::string input = {};
};

Arguments words_of(const std::string& command) {
  Arguments words;
  std::istringstream stream{command};
  for (std::string word; stream >> word;)
    words.push_back(word);
  return words;
}

struct JsonFixture : Fixture {
  [[nodiscard]] Arguments arguments_of(const JsonRun& run) const {
    auto arguments = words_of(run.command);
    arguments.insert(arguments.end(), run.arguments.begin(), run.arguments.end());
    arguments.push_back("--json");
    return arguments;
  }

  /// Checks each line of stdout; there must be one.
  void check_lines(const std::string& command, const std::string& out) const {
    BOOST_TEST(!out.empty(), command);
    for (const auto& line : lines_of(out))
      BOOST_TEST(schema.accepts({"commands", command}, line), command << ": " << line);
  }

  /// Runs a command that succeeds, and checks what it writes.
  void check(const JsonRun& each) const {
    const auto outcome = run(arguments_of(each), each.input);
    BOOST_TEST(outcome.code == 0, each.command << ": " << outcome.err);
    check_lines(each.command, outcome.out);
  }

  const PrintedSchema schema{run({"schema"}).out};
};

/// The address in what `serve --json` writes.
std::string listening_at(const std::string& out) {
  const auto text = json_at(out, "listen");
  return text.size() > 2 ? text.substr(1, text.size() - 2) : text;
}

/// The commands of a manual page.
std::vector<std::string> commands_of(const std::string& man_page) {
  std::vector<std::string> all;
  for (const auto& line : lines_of(man_page))
    if (line.starts_with(".SS "))
      all.push_back(line.substr(4));
  return all;
}

/// Every command that writes more than failures, and ends by itself.
std::vector<JsonRun> runs_that_succeed() {
  return {
      {"generate", {"hi"}},
      {"generate", {"hi", "-m", "owl", "--think", "--logprobs", "2"}},
      {"generate", {"hi", "--no-stream"}},
      {"chat", {}, "one\ntwo\n"},
      {"chat", {"--no-stream"}, "one\n"},
      {"models list"},
      {"models check", {"owl"}},
      {"models show", {"owl"}},
      {"models ps"},
      {"models pull", {"new:1b"}},
      {"models create", {"mine", "--from", "owl"}},
      {"models push", {"me/mine"}},
      {"models load", {"owl"}},
      {"models ps"},
      {"models unload", {"owl"}},
      {"models copy", {"owl", "other"}},
      {"models delete", {"other"}},
      {"role get"},
      {"role get", {"overseer"}},
      {"role set", {"overseer", "owl"}},
      {"config show"},
      {"config show", {"--origin"}},
      {"config path"},
      {"config validate"},
      {"config get", {"timeout"}},
      {"config get", {"models"}},
      {"config set", {"timeout", "9"}},
      {"config set", {"roles.overseer.options", R"({"top_k": 3})"}},
      {"config unset", {"timeout"}},
      {"config unset", {"roles.overseer"}},
      {"config edit"},
      {"log"},
      {"log show"},
      {"log clear", {"--yes"}},
      {"doctor"},
      {"script", {"scenario.json"}},
      {"health"},
      {"embed", {"one", "two"}},
      {"embed", {"--jsonl"}, "{\"text\": \"a\", \"id\": \"x\"}\n"},
      {"batch", {"-"}, "{\"prompt\": \"a\"}\n{\"prompt\": \"b\", \"id\": 2}\n"},
      {"generate", {"hi", "-m", "caller", "--tool", "tool.json"}},
      {"generate", {"hi", "-m", "caller", "--tool", "tool.json", "--tool-exec", "cat"}},
      {"version"},
  };
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(json_output, JsonFixture)

BOOST_AUTO_TEST_CASE(every_command_is_in_the_schema) {
  std::set<std::string> described;
  for (const auto& command : json::find(schema.whole(), "commands")->GetObject())
    described.emplace(json::text_of(command.name));
  const auto commands = commands_of(run({"man"}).out);
  BOOST_TEST(commands.size() > 20u);
  for (const auto& command : commands) {
    const bool is_group = std::ranges::any_of(
        commands, [&](const auto& other) { return other.starts_with(command + " "); });
    BOOST_TEST((is_group || described.contains(command)), command << " is not in the schema");
    described.erase(command);
  }
  BOOST_TEST(described == std::set<std::string>{}, boost::test_tools::per_element());
  BOOST_TEST(json_at(run({"version", "--json"}).out, "jsonVersion") ==
             json::to_text(*json::find(schema.whole(), "jsonVersion")));
}

BOOST_AUTO_TEST_CASE(what_a_command_writes_fits_its_schema) {
  write(home / "work" / "scenario.json", R"({"name": "one", "steps": [{"prompt": "Hi", "as": "it"},
    {"asked": "POST /api/generate"}, {"answer": "Ho."}, {"answered": "it"}]})");
  write(home / "work" / "tool.json", R"({"name": "look", "description": "Looks",
    "parameters": {"type": "object", "properties": {"at": {"type": "string"}}}})");
  simulator->add_model({.name = "caller", .calls_first_tool = true});
  environment["VISUAL"] = "true";
  configure(simulator->base_url(), R"(, "log": {"enabled": true})");
  BOOST_TEST(run({"models", "copy", "owl", "me/mine"}).code == 0);
  for (const auto& each : runs_that_succeed())
    check(each);
}

BOOST_AUTO_TEST_CASE(every_command_that_writes_json_is_tried) {
  // Those that run until they are told to end are tried below.
  std::set<std::string> tried{"simulate", "serve", "stats"};
  for (const auto& each : runs_that_succeed())
    tried.insert(each.command);
  for (const auto& command : json::find(schema.whole(), "commands")->GetObject())
    if (json::find(command.value, "anyOf")->Size() > 1)
      BOOST_TEST(tried.contains(std::string{json::text_of(command.name)}),
                 json::text_of(command.name) << " is not tried");
}

BOOST_AUTO_TEST_CASE(what_runs_until_its_end_says_where) {
  for (const auto& each :
       std::vector<JsonRun>{{"simulate", {"--no-exit-with-stdin"}},
                            {"serve", {"--no-exit-with-stdin", "--listen", "127.0.0.1:0"}}}) {
    Child child{child_options(arguments_of(each))};
    BOOST_TEST(child.read_until("\n"), each.command);
    if (each.command == "serve")
      check({"stats", {"--connect", listening_at(child.out())}});
    child.signal(SIGTERM);
    BOOST_TEST(child.wait() == 0);
    check_lines(each.command, child.out());
  }
}

BOOST_AUTO_TEST_CASE(what_a_failing_command_writes_fits_its_schema) {
  write(home / "work" / "bad.json", R"({"llm": {"timeuot": 1}})");
  write(home / "work" / "scenario.json",
        R"({"name": "wrong", "steps": [{"expect": {"from": "x"}}]})");
  environment["VISUAL"] = "false";
  for (const JsonRun& each : std::vector<JsonRun>{
           {"generate", {"hi", "-m", "none"}},
           {"generate", {"hi", "--temperature", "7"}},
           {"chat", {"-m", "none"}, "hi\n"},
           {"models check", {"none"}},
           {"models show", {"none"}},
           {"models pull", {"not a name"}},
           {"models push", {"none"}},
           {"models create", {"mine"}},
           {"models load", {"none"}},
           {"models unload", {"none"}},
           {"models delete", {"none"}},
           {"models copy", {"none", "other"}},
           {"role set", {"overseer", "not a name"}},
           {"config validate", {"bad.json", "--strict"}},
           {"config get", {"timeuot"}},
           {"config set", {"timeout", "soon"}},
           {"config unset", {"timeuot"}},
           {"config edit"},
           {"log show", {"none"}},
           {"log clear"},
           {"config path", {"--connect", "127.0.0.1:1"}},
           {"script", {"scenario.json"}},
           {"completions", {"no-shell"}},
           {"schema", {"no-command"}},
           {"help", {"no-command"}},
           {"certs issue", {"no-folder", "name"}},
           {"simulate", {"--port", "x"}},
           {"serve", {"--listen", "x"}},
       }) {
    const auto outcome = run(arguments_of(each), each.input);
    BOOST_TEST(outcome.code != 0, each.command);
    check_lines(each.command, outcome.out);
  }
}

BOOST_AUTO_TEST_CASE(what_is_told_of_an_ollama_that_is_not_there_fits_the_schema) {
  configure("http://127.0.0.1:1");
  for (const JsonRun& each : std::vector<JsonRun>{
           {"models list"}, {"models ps"}, {"doctor"}, {"health"}, {"generate", {"hi"}}}) {
    const auto outcome = run(arguments_of(each));
    BOOST_TEST(outcome.code == 3, each.command);
    check_lines(each.command, outcome.out);
  }
  // Of which system?
  const auto outcome = run({"stats", "--json"});
  BOOST_TEST(outcome.code == 3);
  check_lines("stats", outcome.out);
}

BOOST_AUTO_TEST_CASE(a_member_that_is_not_documented_does_not_fit) {
  const auto fits = [this](const std::string& line) {
    return schema.accepts({"commands", "models check"}, line);
  };
  BOOST_TEST(fits(R"({"model":"a","available":true})"));
  BOOST_TEST(!fits(R"({"model":"a","available":true,"more":1})"));
  BOOST_TEST(!fits(R"({"model":"a"})"));
  BOOST_TEST(!fits(R"({"model":"a","available":"yes"})"));
  BOOST_TEST(!fits(R"({"models":[]})"));
}

BOOST_AUTO_TEST_CASE(an_error_says_model_status_attempts_and_what_had_come) {
  simulator->inject(Fault::respond(500, R"({"error":"the disk is on fire"})").times(0));
  const auto refused = run({"generate", "--json", "hi"});
  BOOST_TEST(json_at(refused.out, "error.model") == R"("llama3.1:8b")");
  BOOST_TEST(json_at(refused.out, "error.httpStatus") == "500");
  BOOST_TEST(json_at(refused.out, "error.attempts") == "1");
  BOOST_TEST(json_at(refused.out, "error.retryable") == "true");
  simulator->clear_faults();
  simulator->set_reply("llama3.1:8b", "one two three");
  simulator->inject(Fault::close_after_lines(2));
  const auto broken = lines_of(run({"generate", "--json", "hi"}).out);
  BOOST_REQUIRE(!broken.empty());
  BOOST_TEST(json_at(broken.back(), "error.partial") == R"("one two")");
  BOOST_TEST(json_at(broken.back(), "error.code") == R"("stream_interrupted")");
}

BOOST_AUTO_TEST_CASE(the_schema_of_a_command_is_that_of_its_lines) {
  const PrintedSchema one{run({"schema", "models", "check"}).out};
  BOOST_TEST(one.accepts({}, R"({"model":"a","available":true})"));
  BOOST_TEST(!one.accepts({}, R"({"model":"a","done":true})"));
  const PrintedSchema group{run({"schema", "models"}).out};
  BOOST_TEST(group.accepts({}, R"({"model":"a","done":true})"));
  const auto wrong = run({"schema", "models", "lisst"});
  BOOST_TEST(wrong.code == 2);
  BOOST_TEST(contains(wrong.err, "`models list`"), wrong.err);
}

BOOST_AUTO_TEST_CASE(the_examples_of_the_page_are_true) {
  std::ifstream page{NEXUS_LLM_DOCS "/json.md"};
  std::size_t examples = 0;
  for (std::string line, seen; std::getline(page, line);) {
    constexpr std::string_view program = "$ nexus-llm ";
    if (line.starts_with(program)) {
      auto arguments = words_of(line.substr(program.size()));
      for (auto& argument : arguments)
        std::erase(argument, '"');
      seen = run(arguments).out;
    } else if (line.starts_with('{')) {
      const auto wanted = json::parse(line);
      const auto got = json::parse(seen);
      BOOST_REQUIRE_MESSAGE(wanted && got, line << "\n" << seen);
      BOOST_TEST(has_all(*got, *wanted), line << "\n" << seen);
      ++examples;
    }
  }
  BOOST_TEST(examples == 2u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::llm::cli::test
