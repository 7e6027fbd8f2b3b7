// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulator/fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace nexus::llm::simulator;
using namespace nexus::llm::simulator::test;

BOOST_AUTO_TEST_SUITE(errors)

namespace {

struct Case {
  const char* path;
  std::string body;
  int status;
  std::string error;
};

} // namespace

BOOST_AUTO_TEST_CASE(requests_that_cannot_be_served_are_refused) {
  const Simulator server(with_models());
  const Case cases[] = {
      {"/api/generate", "{}", 400, R"({"error":"model is required"})"},
      {"/api/pull", "{}", 400, R"({"error":"invalid model name"})"},
      {"/api/generate", R"({"model":"a b"})", 400, R"({"error":"invalid model name"})"},
      {"/api/generate", R"({"model":"no"})", 404, R"({"error":"model 'no' not found"})"},
      {"/api/chat", R"({"model":"no"})", 404, R"({"error":"model 'no' not found"})"},
      {"/api/show", R"({"name":"no"})", 404, R"({"error":"model 'no' not found"})"},
      {"/api/embed", R"({"model":"no"})", 404, R"({"error":"model 'no' not found"})"},
      {"/api/copy", R"({"source":"no","destination":"x"})", 404,
       R"({"error":"model 'no' not found"})"},
      {"/api/generate", R"({"model":"wren","prompt":"x","think":true})", 400,
       R"({"error":"\"wren\" does not support thinking"})"},
      {"/api/chat", R"({"model":"owl","messages":[{"role":"user"}],"tools":[{}]})", 400,
       R"({"error":"\"owl\" does not support tools"})"},
      {"/api/generate", R"({"model":"emb"})", 400,
       R"({"error":"\"emb\" does not support generate"})"},
      {"/api/create", R"({"model":"mine"})", 400,
       R"({"error":"neither 'from' or 'files' was specified"})"},
  };
  SocketClient client(server.port());
  for (const auto& test : cases) {
    client.request("POST", test.path, test.body);
    const auto reply = client.read_response();
    BOOST_TEST_CONTEXT(test.path << " " << test.body) {
      BOOST_TEST(reply.status() == test.status);
      BOOST_TEST(reply.body == test.error);
      BOOST_TEST(reply.header("Content-Type") == "application/json; charset=utf-8");
    }
  }
}

BOOST_AUTO_TEST_CASE(malformed_bodies_are_bad_requests) {
  const Simulator server(with_models());
  for (const std::string body :
       {"", " ", R"({"model":)", "hello", "[]", R"({"model":5})",
        R"({"model":"wren","options":[1]})", R"({"model":"wren","stream":"true"})",
        R"({"model":"wren","keep_alive":"abc"})",
        R"({"model":"wren","prompt":"x","options":{"temperature":"hot"}})",
        R"({"model":"wren","messages":[{"role":"user","content":[]}]})"})
    BOOST_TEST_CONTEXT(body) {
      const auto reply = post(server.port(), "/api/generate", body);
      BOOST_TEST(reply.status() == 400);
      BOOST_TEST(reply.body.starts_with(R"({"error":")"));
    }
  BOOST_TEST(post(server.port(), "/api/embed", R"({"model":"emb","input":5})").status() == 400);
}

BOOST_AUTO_TEST_CASE(null_and_unknown_fields_do_not_count) {
  const Simulator server(with_models());
  BOOST_TEST(contains(
      post(server.port(), "/api/generate", R"({"model":"wren","stream":null,"other":[1]})").body,
      R"("done_reason":"load")"));
}

BOOST_AUTO_TEST_CASE(old_personality_differs) {
  const Simulator server(with([](SimulatorOptions& options) {
    options.personality = Personality::v0_5_4;
    options.models[0].calls_first_tool = true;
  }));
  const auto port = server.port();
  BOOST_TEST(fetch(port, "GET", "/api/version").body == R"({"version":"0.5.4"})");
  BOOST_TEST(fetch(port, "GET", "/api/chat").body == "404 page not found");
  const auto tools = post(
      port, "/api/chat",
      R"({"model":"heron:3b","stream":false,"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f"}}]})");
  BOOST_TEST(contains(tools.body, R"("tool_calls":[{"function":{"name":"f","arguments":{}}}])"));
  BOOST_TEST(!contains(fetch(port, "GET", "/api/tags").body, "capabilities"));
}

BOOST_AUTO_TEST_SUITE_END()
