// SPDX-License-Identifier: BSD-3-Clause
// What goes over the wire fits the printed schema, in the judgement of RapidJSON's validator.
#include <boost/test/unit_test.hpp>

#include <string>

#include "runtime/sidecar/protocol_schema.hpp"
#include "tests/printed_schema.hpp"
#include "tests/sidecar/sidecar_fixture.hpp"

namespace nexus::llm::sidecar::test {

namespace schema_test {

namespace {

/// The schema that the program prints.
llm::test::PrintedSchema printed() { return llm::test::PrintedSchema{protocol_schema()}; }

} // namespace

BOOST_AUTO_TEST_SUITE(schema)

BOOST_AUTO_TEST_CASE(every_line_fits_the_schema) {
  cli::test::Fixture setup;
  setup.simulator->add_model(
      {.name = "tool", .capabilities = {"completion", "tools"}, .calls_first_tool = true});
  Child child{setup.child_options({"sidecar"})};
  auto front = front_of(child);
  front.call("llm_version");
  front.call("llm_generate", R"({"prompt":"Hi","role":"overseer","full":true})");
  front.call("llm_generate", R"({"prompt":"Hi","role":"overseer"})");
  front.call("llm_chat",
             R"({"role":"implementation","messages":[{"role":"user","content":"Hi"}]})");
  front.read_stream(front.start("llm_chat_streaming", R"({"role":"overseer","messages":[
      {"role":"user","content":"Hi"}],"options":{"model":"tool","tools":[{"name":"f","parameters":
      {"type":"object","properties":{"a":{"type":"string"}}}}]}})"));
  front.read_stream(front.start("llm_generate_streaming",
                                R"({"prompt":"Hi","role":"overseer","options":{"model":"none"}})"));
  for (const auto* method :
       {"llm_list_models", "llm_running_models", "llm_get_config", "llm_health", "llm_stats"})
    front.call(method);
  for (const auto* method :
       {"llm_check_model", "llm_show_model", "llm_load_model", "llm_unload_model"})
    front.call(method, R"({"modelName":"tool"})");
  front.call("llm_pull_model", R"({"modelName":"kite","errorDetail":true})");
  front.call("llm_delete_model", R"({"modelName":"kite"})");
  front.call("llm_update_config", R"({"updates":{"maxRetries":2}})");
  front.note("llm/config");
  front.call("llm_get_model_for_role", R"({"role":"overseer"})");
  front.call("llm_set_model_for_role", R"({"role":"overseer","modelName":"tool"})");
  front.call("llm_cancel", R"({"id":"none"})");
  front.call("llm_subscribe", R"({"id":"none"})");
  front.call("llm_unsubscribe", R"({"id":"none"})");
  child.close_input();
  while (!front.line().empty()) {
  }
  const auto schema = printed();
  for (const auto& line : front.sent())
    BOOST_TEST(schema.accepts({}, line), line);
  std::size_t results = 0;
  for (const auto& line : front.seen()) {
    BOOST_TEST(schema.accepts({}, line), line);
    const auto message = json::parse(line);
    if (const auto notified = json::find_text(*message, "method")) {
      BOOST_TEST(schema.accepts({"notifications", std::string{*notified}, "params"},
                                json::to_text(*json::find(*message, "params"))),
                 line);
    } else if (const auto* result = json::find(*message, "result")) {
      const auto& method = front.methods().at((*json::find(*message, "id")).GetUint());
      BOOST_TEST(schema.accepts({"methods", method, "result"}, json::to_text(*result)), line);
      ++results;
    }
  }
  // All but the subscription.
  BOOST_TEST(results == front.sent().size() - 1);
}

BOOST_AUTO_TEST_CASE(the_schema_refuses_what_the_sidecar_refuses) {
  const auto schema = printed();
  const std::vector<std::string> params{"methods", "llm_generate", "params"};
  BOOST_TEST(schema.accepts(params, R"({"prompt":"x","role":"overseer"})"));
  BOOST_TEST(
      schema.accepts(params, R"({"prompt":"x","role":"overseer","options":{"think":true}})"));
  for (const auto* wrong :
       {R"({"prompt":"x"})", R"({"prompt":7,"role":"overseer"})", R"({"prompt":"x","role":"boss"})",
        R"({"prompt":"x","role":"overseer","more":1})",
        R"({"prompt":"x","role":"overseer","errorDetail":"yes"})",
        R"({"prompt":"x","role":"overseer","options":{"temperatur":1}})",
        R"({"prompt":"x","role":"overseer","options":{"temperature":"hot"}})"})
    BOOST_TEST(!schema.accepts(params, wrong), wrong);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace schema_test

} // namespace nexus::llm::sidecar::test
