// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <rapidjson/schema.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "config/json.hpp"
#include "config/read_json.hpp"
#include "nexus_llm/testing/pattern.hpp"
#include "runtime/harness/duration_text.hpp"
#include "runtime/harness/message_json.hpp"
#include "runtime/harness/scenario.hpp"
#include "runtime/harness/scenario_format.hpp"

using namespace nexus::llm;
using namespace nexus::llm::testing;

namespace format_test {

namespace {

std::string error_of(std::string_view text) {
  const auto scenario = Scenario::parse(text, "file.json");
  return scenario ? "it is valid" : scenario.error().subject;
}

/// What a schema says of a text.
bool fits_schema(std::string_view text) {
  using Schema = rapidjson::GenericSchemaDocument<json::Value>;
  static const Schema schema{*json::parse(scenario_schema())};
  rapidjson::GenericSchemaValidator<Schema> validator{schema};
  const auto document = json::parse(text);
  return document && document->Accept(validator);
}

std::string mismatch(const char* pattern, const char* actual) {
  return Pattern{pattern}.mismatch(*json::parse(actual)).value_or("fits");
}

} // namespace

BOOST_AUTO_TEST_SUITE(scenario_files)

BOOST_AUTO_TEST_CASE(a_wrong_file_gets_an_error_with_line_and_key) {
  BOOST_TEST(error_of("{\n\"name\": \"x\",\n\"steps\": [\n{\"pass\": \"1 hour\"}]}") ==
             "file.json:4: `steps[0].pass` must be a time such as 250ms, 1.5s, 2m or 1h");
  BOOST_TEST(
      error_of("{\"name\": \"x\", \"steps\": [\n{\"prompt\": \"x\",\n\"rolle\": \"overseer\"}]}") ==
      "file.json:3: `steps[0].rolle` means nothing there");
  BOOST_TEST(
      error_of("{\"name\": \"x\", \"steps\": [{\"pass\": \"1s\"},\n{\"ask\": \"models\"}]}") ==
      "file.json:2: `steps[1].message` is missing");
  BOOST_TEST(
      error_of("{\"name\": \"x\",\n\"steps\": [\n\n{\"prmpt\": \"x\"}]}")
          .starts_with("file.json:4: `steps[0]` is no step; a step has one of listen, prompt, "));
  BOOST_TEST(error_of("{\"steps\": []}") == "file.json:1: `name` is missing");
  BOOST_TEST(error_of("{\"name\": \"x\",\n\"steps\": 5}") ==
             "file.json:2: `steps` must be an array");
  BOOST_TEST(error_of("{\"name\": \"x\",\n\"name\": \"y\", \"steps\": []}") ==
             "file.json:2: `name` stands twice in one object");
  BOOST_TEST(error_of("{\"name\": \"x\",\n\"\": 1, \"\": 2, \"steps\": []}") ==
             "file.json:2: `` stands twice in one object");
  BOOST_TEST(error_of("{\n\"name\": \"x\",,").starts_with("file.json:2: it is not JSON: "));
  BOOST_TEST(error_of("[]") == "file.json:1: a scenario is an object");
  BOOST_TEST(error_of(R"({"name": "x", "steps": []})") ==
             "file.json:1: `steps` must have at least one step");
  BOOST_TEST(error_of("").starts_with("file.json:1: it is not JSON"));
}

BOOST_AUTO_TEST_CASE(the_schema_says_the_same_as_the_check) {
  for (const char* text : {
           R"({"name": "x", "steps": []})",
           R"({"name": "x", "steps": [{"notAsked": true}]})",
           R"({"name": "x", "models": ["a", {"name": "b", "reply": "c"}], "steps": []})",
           R"({"name": "x", "steps": [{"pass": "1s"}, {"see": "a", "messages": []}]})",
           R"({"name": "x", "steps": [{"pass": "1"}]})",
           R"({"name": "x", "steps": [{"prompt": "a", "role": "poet"}]})",
           R"({"name": "x", "steps": [{"prompt": "a", "extra": 1}]})",
           R"({"name": "x", "steps": [{"failed": "a", "code": "no_such_error"}]})",
           R"({"name": "x", "steps": [{"refuse": -1, "error": "a"}]})",
           R"({"name": "x", "steps": [{"notAsked": false}]})",
           R"({"name": "x", "steps": [{}]})",
           R"({"name": "x", "models": [{"reply": "c"}], "steps": [{"pass": "1s"}]})",
           R"({"name": 5, "steps": [{"pass": "1s"}]})",
           R"({"steps": [{"pass": "1s"}]})",
           R"({"name": "x", "other": 1, "steps": [{"pass": "1s"}]})",
       })
    BOOST_TEST(fits_schema(text) == Scenario::parse(text, "x").has_value(), text);
}

BOOST_AUTO_TEST_CASE(every_scenario_that_ships_fits_the_schema_and_is_named_for_what_it_shows) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator{SCENARIOS}) {
    std::ifstream stream{entry.path()};
    std::ostringstream text;
    text << stream.rdbuf();
    BOOST_TEST(fits_schema(text.str()), entry.path().string());
    const auto scenario = Scenario::load(entry.path());
    BOOST_REQUIRE_MESSAGE(scenario, entry.path().string());
    std::string name;
    for (const char c : scenario->name())
      if (c == ' ' || c == '-')
        name += '_';
      else if (c != ',')
        name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    BOOST_TEST(name.starts_with(entry.path().stem().string()), name);
    ++count;
  }
  BOOST_TEST(count >= 30u);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_is_told) {
  const auto scenario = Scenario::load("/nowhere/x.json");
  BOOST_REQUIRE(!scenario);
  BOOST_TEST(sentence(scenario.error()).find("/nowhere/x.json") != std::string::npos);
  BOOST_TEST(!Scenario::load(SCENARIOS).has_value());
}

BOOST_AUTO_TEST_CASE(durations_are_read_as_they_are_written) {
  using std::chrono::milliseconds;
  BOOST_TEST((parse_duration("250ms") == milliseconds{250}));
  BOOST_TEST((parse_duration("1.5s") == milliseconds{1500}));
  BOOST_TEST((parse_duration("2m") == milliseconds{120'000}));
  BOOST_TEST((parse_duration("1h") == milliseconds{3'600'000}));
  for (const char* wrong :
       {"", "s", "1", "-1s", "1 s", "1e3s", "nan", "inf", "9999999h", "1d", "nanms", "infs", ".5s"})
    BOOST_TEST(!parse_duration(wrong).has_value(), wrong);
  BOOST_TEST((parse_duration(duration_text(milliseconds{12'345})) == milliseconds{12'345}));
  BOOST_TEST((parse_duration(duration_text(milliseconds{3000})) == milliseconds{3000}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(patterns)

BOOST_AUTO_TEST_CASE(a_pattern_says_only_what_matters) {
  BOOST_TEST(mismatch(R"({"a": 1})", R"({"a": 1, "b": 2})") == "fits");
  BOOST_TEST(mismatch(R"({"a": {"b": "*"}})", R"({"a": {"b": [1]}})") == "fits");
  BOOST_TEST(mismatch(R"({"a": null})", "{}") == "fits");
  BOOST_TEST(mismatch("1", "1.0") == "fits");
  BOOST_TEST(mismatch(R"({"a": {"$contains": "ell"}})", R"({"a": "hello"})") == "fits");
}

BOOST_AUTO_TEST_CASE(a_mismatch_names_the_path_and_both_values) {
  BOOST_TEST(mismatch(R"({"a": {"b": [1, 2]}})", R"({"a": {"b": [1, 3]}})") ==
             ".a.b[1] is 3, not 2");
  BOOST_TEST(mismatch(R"({"a": 1})", "{}") == ".a is missing");
  BOOST_TEST(mismatch(R"([1])", "[1, 2]") == "has 2 elements, not 1");
  BOOST_TEST(mismatch(R"({"a": 1})", "5") == "is 5, not an object");
  BOOST_TEST(mismatch("true", "false") == "is false, not true");
  BOOST_TEST(mismatch(R"({"a": {"$contains": "x"}})", R"({"a": "hello"})") ==
             R"(.a is "hello", which does not contain "x")");
  BOOST_TEST(mismatch(R"({"a": null})", R"({"a": 1})") == ".a is 1, not null");
  BOOST_TEST(mismatch("9007199254740993", "9007199254740992") ==
             "is 9007199254740992, not 9007199254740993");
  BOOST_TEST(mismatch(R"({"$contains": "x", "more": 1})", R"("x")") ==
             "is compared with a pattern that has more than `$contains`");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(messages_in_json)

BOOST_AUTO_TEST_CASE(a_message_that_is_read_is_told_as_it_was_written) {
  const ActorNames names;
  auto check = [&names](const MessageReader& reader, const char* text) {
    const auto message = reader.message(*json::parse(text), names);
    BOOST_REQUIRE_MESSAGE(message, message.error().subject);
    json::Document document;
    const auto told = to_json(*message, names, document.GetAllocator());
    BOOST_TEST(Pattern{text}.mismatch(told).value_or("fits") == "fits");
  };
  check(MessageReader::of<role_handle>(),
        R"(["generate", "x", {"GenerateOptions": {"temperature": 0.5, "stop": ["a"], "seed": -3,
            "priority": "background", "timeout": 1000, "continuation": [1, 2]}}])");
  check(
      MessageReader::of<role_handle>(),
      R"(["chat", [{"role": "user", "content": "x", "images": ["a"]}], {"GenerateOptions": {}}])");
  check(MessageReader::of<role_handle>(), R"(["cancel", "id"])");
  check(MessageReader::of<streaming_internal>(),
        R"(["restart", "id", 2, true, {"LLMError": {"code": "gap_timeout", "partial": "x",
            "retryAfter": 5}}])");
  check(MessageReader::of<streaming_internal>(),
        R"(["id", {"RequestProgress": {"phase": "loading", "reason": {"code": "cancelled"}}}])");
  check(MessageReader::of<model_manager_actor>(), R"(["resolve", "overseer", "", ["a"], true])");
  check(MessageReader::of<settings_handle>(), R"(["update_config", "{}"])");
  check(MessageReader::of<supervisor_internal>(),
        R"(["submit", "overseer", {"LLMRequest": {"prompt": "x", "kind": "chat"}}])");
  check(MessageReader::of<role_actor>(),
        R"(["release", "x", {"LLMResponse": {"response": "y", "done": true}}])");
}

BOOST_AUTO_TEST_CASE(answers_are_read_by_what_was_asked) {
  const ActorNames names;
  const auto reader = MessageReader::of<model_manager_actor>();
  const auto question = *reader.message(*json::parse(R"(["check_model", "x"])"), names);
  BOOST_TEST(reader.answer(question, *json::parse("true"), names).value().get_as<bool>(0));
  BOOST_TEST(!reader.answer(question, *json::parse("\"yes\""), names).has_value());
}

BOOST_AUTO_TEST_CASE(everything_that_an_actor_is_told_can_be_told_to_people) {
  const ActorNames names;
  auto check = [&names]<class Handle>(Handle*) {
    each_signature<Handle>([&names]<class Parts>() {
      Parts::inputs([&names]<class... Ts>() {
        const auto text = to_text(caf::make_message(Ts{}...), names);
        BOOST_TEST(text.find("other") == std::string::npos, text);
      });
    });
  };
  check(static_cast<role_handle*>(nullptr));
  check(static_cast<model_manager_actor*>(nullptr));
  check(static_cast<ollama_client_internal*>(nullptr));
  check(static_cast<streaming_internal*>(nullptr));
  check(static_cast<role_actor*>(nullptr));
  check(static_cast<supervisor_internal*>(nullptr));
  check(static_cast<settings_handle*>(nullptr));
  check(static_cast<stream_subscriber*>(nullptr));
  check(static_cast<pull_subscriber*>(nullptr));
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_a_structure_is_named_by_its_path) {
  auto problem = [](const char* text) {
    LLMClientConfig config;
    return json::read_value(*json::parse(text), config).value_or("fits");
  };
  BOOST_TEST(problem(R"({"limits": {"maxBatch": 5}})") == "fits");
  BOOST_TEST(problem(R"({"limits": {"maxBatch": -5}})") ==
             ".limits.maxBatch must be a whole number of at most 4294967295");
  BOOST_TEST(problem(R"({"limits": {"maxFetch": 5}})") ==
             ".limits.maxFetch is no member of Limits");
  BOOST_TEST(problem(R"({"streamRecovery": "later"})") ==
             ".streamRecovery must be one of fail, restart");
  BOOST_TEST(problem(R"({"roles": {"overseer": {"fallbackModels": ["a", 1]}}})") ==
             ".roles.overseer.fallbackModels[1] must be a text");
  BOOST_TEST(problem("[]") == "must be an object");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace format_test
