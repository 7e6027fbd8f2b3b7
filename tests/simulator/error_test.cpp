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

BOOST_AUTO_TEST_CASE(requests_are_refused_with_the_texts_of_the_real_server) {
  const Simulator server(with_models());
  const Case cases[] = {
      {"/api/generate", "{}", 404, R"({"error":"model '' not found"})"},
      {"/api/embed", "{}", 404, R"({"error":"model '' not found"})"},
      {"/api/chat", "{}", 400, R"({"error":"model is required"})"},
      {"/api/show", "{}", 400, R"({"error":"model is required"})"},
      {"/api/pull", "{}", 400, R"({"error":"invalid model name"})"},
      {"/api/generate", R"({"model":"no"})", 404, R"({"error":"model 'no' not found"})"},
      {"/api/chat", R"({"model":"no"})", 404, R"({"error":"model 'no' not found"})"},
      {"/api/show", R"({"model":"no"})", 404, R"({"error":"model 'no:latest' not found"})"},
      {"/api/embed", R"({"model":"no"})", 404,
       R"({"error":"model \"no\" not found, try pulling it first"})"},
      {"/api/copy", R"({"source":"no","destination":"x"})", 404,
       R"({"error":"model \"no\" not found"})"},
      {"/api/copy", R"({"source":"a b","destination":"x"})", 400,
       R"({"error":"source \"a b\" is invalid"})"},
      {"/api/chat", R"({"model":"x:cloud:local"})", 400,
       R"({"error":"use either :local or :cloud, not both: \"x:cloud:local\""})"},
      {"/api/chat", R"({"model":"x:cloud"})", 403,
       R"({"error":"ollama cloud is disabled: remote model is unavailable"})"},
      {"/api/generate", R"({"model":"wren","prompt":"x","options":{"temperature":"hot"}})", 500,
       R"({"error":"option \"temperature\" must be of type float32"})"},
      {"/api/generate", R"({"model":"wren","prompt":"x","options":{"stop":"x"}})", 500,
       R"({"error":"option \"stop\" must be of type array"})"},
      {"/api/generate", R"({"model":"wren","options":[1]})", 400,
       R"({"error":"json: cannot unmarshal array into Go struct field GenerateRequest.options of type map[string]interface {}"})"},
      {"/api/generate", R"({"model":"wren","stream":"true"})", 400,
       R"({"error":"json: cannot unmarshal string into Go struct field GenerateRequest.stream of type bool"})"},
      {"/api/chat", R"({"model":"wren","messages":[{"role":"user","content":[]}]})", 400,
       R"({"error":"json: cannot unmarshal array into Go struct field ChatRequest.messages.content of type string"})"},
      {"/api/generate", R"({"model":"wren","keep_alive":"10"})", 400,
       R"({"error":"time: missing unit in duration \"10\""})"},
      {"/api/generate", R"({"model":"wren","keep_alive":"abc"})", 400,
       R"({"error":"time: invalid duration \"abc\""})"},
      {"/api/generate", R"({"model":"wren","keep_alive":true})", 400,
       R"({"error":"Unsupported type: 'bool'"})"},
      {"/api/generate", R"({"model":"wren","think":"loud"})", 400,
       R"~({"error":"invalid think value: \"loud\" (must be \"high\", \"medium\", \"low\", \"max\", true, or false)"})~"},
      {"/api/generate", R"({"model":"wren","prompt":"x","images":["data:x"]})", 400,
       R"({"error":"illegal base64 data at input byte 4"})"},
      {"/api/generate", R"({"model":"wren","prompt":"x","raw":true,"system":"s"})", 400,
       R"({"error":"raw mode does not support template, system, or context"})"},
      {"/api/generate", R"({"model":"wren","prompt":"x","suffix":"y"})", 400,
       R"({"error":"registry.ollama.ai/library/wren:latest does not support insert"})"},
      {"/api/generate", R"({"model":"wren","prompt":"x","think":true})", 400,
       R"({"error":"\"wren\" does not support thinking"})"},
      {"/api/chat", R"({"model":"owl","messages":[{"role":"user"}],"tools":[{}]})", 400,
       R"({"error":"registry.ollama.ai/library/owl:latest does not support tools"})"},
      {"/api/generate", R"({"model":"emb"})", 400,
       R"({"error":"\"emb\" does not support generate"})"},
      {"/api/embed", R"({"model":"emb","input":5})", 400, R"({"error":"invalid input type"})"},
      {"/api/generate", R"({"model":"wren","top_logprobs":21})", 400,
       R"({"error":"top_logprobs must be between 0 and 20"})"},
      {"/api/blobs/sha256:12", "x", 400, R"({"error":"invalid digest format"})"},
  };
  SocketClient client(server.port());
  for (const auto& test : cases) {
    client.request("POST", test.path, test.body);
    const auto reply = client.read_response();
    BOOST_TEST_CONTEXT(test.path << " " << test.body) {
      BOOST_TEST(reply.status() == test.status);
      BOOST_TEST(reply.body == test.error);
      BOOST_TEST(reply.header("Content-Type") == "application/json; charset=utf-8");
      BOOST_TEST(reply.header_names() == "Content-Type,Date,Content-Length");
    }
  }
}

BOOST_AUTO_TEST_CASE(invalid_names_are_refused) {
  const Simulator server(with_models());
  for (const std::string name : {"a b", "-x", ".x", "..", "\xC3\xA9", "x:", "x/", "/x", ":latest",
                                 "x:y:z", "a/b/c/d", "x/y:z/w", "x@sha256:aaa"}) {
    BOOST_TEST_CONTEXT(name)
    BOOST_TEST(post(server.port(), "/api/generate", R"({"model":")" + name + "\"}").body ==
               R"({"error":"invalid model name"})");
  }
  const std::string longest(80, 'a');
  BOOST_TEST(post(server.port(), "/api/generate", R"({"model":")" + longest + "\"}").status() ==
             404);
  BOOST_TEST(post(server.port(), "/api/generate", R"({"model":"a)" + longest + "\"}").status() ==
             400);
}

BOOST_AUTO_TEST_CASE(bodies_that_are_not_json_are_told_in_the_words_of_go) {
  const Simulator server(with_models());
  const std::pair<std::string, std::string> cases[] = {
      {" ", "missing request body"},
      {R"({"model":)", "unexpected EOF"},
      {"hello", "invalid character 'h' looking for beginning of value"},
      {"[]", "json: cannot unmarshal array into Go value of type api.GenerateRequest"},
      {"null", "model '' not found"},
      {"\xEF\xBB\xBF{}", "invalid character '\xC3\xAF' looking for beginning of value"},
      {R"({"model":"x"y)", "invalid character 'y' after object key:value pair"},
  };
  for (const auto& [body, error] : cases)
    BOOST_TEST(post(server.port(), "/api/generate", body).body == "{\"error\":\"" + error + "\"}");
}

BOOST_AUTO_TEST_CASE(json_is_read_as_go_does) {
  const Simulator server(with_models());
  const std::string load = R"("done_reason":"load")";
  for (const auto* body :
       {R"({"MODEL":"wren"})", R"({"model":"no","model":"wren"})", R"({"model":"wren"} junk)",
        R"({"model":"wren","stream":null,"other":[1]})", R"({"model":"wren","system":"\ud800"})"})
    BOOST_TEST(contains(post(server.port(), "/api/generate", body).body, load));
}

BOOST_AUTO_TEST_CASE(error_of_the_worker_before_the_stream_has_its_own_shape) {
  const Simulator server(with_models());
  const std::string body = R"({"model":"wren","prompt":"x","format":"xml"})";
  const auto reply = post(server.port(), "/api/generate", body);
  BOOST_TEST(reply.status_line == "HTTP/1.1 500 Internal Server Error");
  BOOST_TEST(reply.header("Content-Type") == "application/json");
  BOOST_TEST(reply.chunks.size() == 1U);
  BOOST_TEST(
      reply.body ==
      R"({"error":"invalid format: \"\\\"xml\\\"\"; expected \"json\" or a valid JSON Schema object"})");
}

BOOST_AUTO_TEST_CASE(old_personality_differs) {
  const Simulator server(with([](SimulatorOptions& options) {
    options.personality = Personality::v0_5_4;
    options.models[0].calls_first_tool = true;
    options.models[1].run_error = "boom";
  }));
  const auto port = server.port();
  BOOST_TEST(fetch(port, "GET", "/api/version").body == R"({"version":"0.5.4"})");
  BOOST_TEST(fetch(port, "GET", "/api/chat").body == "404 page not found");
  BOOST_TEST(post(port, "/api/chat", R"({"model":"no","messages":[]})").body ==
             R"({"error":"model \"no\" not found, try pulling it first"})");
  const auto failed = post(port, "/api/generate", R"({"model":"wren","prompt":"x"})");
  BOOST_TEST(failed.status() == 200);
  BOOST_TEST(failed.header("Content-Type") == "application/x-ndjson");
  BOOST_TEST(failed.body == "{\"error\":\"boom\"}\n");
  BOOST_TEST(post(port, "/api/embed", R"({"model":"wren","input":"x"})").body == R"({"error":{}})");
  const auto tools = post(
      port, "/api/chat",
      R"({"model":"heron:3b","stream":false,"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f"}}]})");
  BOOST_TEST(contains(tools.body, R"("tool_calls":[{"function":{"name":"f","arguments":{}}}])"));
  BOOST_TEST(contains(tools.body, R"("done_reason":"stop","done":true)"));
  BOOST_TEST(!contains(fetch(port, "GET", "/api/tags").body, "capabilities"));
}

BOOST_AUTO_TEST_SUITE_END()
