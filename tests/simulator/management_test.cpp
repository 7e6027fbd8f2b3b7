// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulator/fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace nexus::llm::simulator;
using namespace nexus::llm::simulator::test;

BOOST_AUTO_TEST_SUITE(management)

namespace {

bool is_installed(const Simulator& server, const std::string& name) {
  return contains(fetch(server.port(), "GET", "/api/tags").body, "\"name\":\"" + name + "\"");
}

} // namespace

BOOST_AUTO_TEST_CASE(tags_tell_of_each_model) {
  Simulator server;
  BOOST_TEST(fetch(server.port(), "GET", "/api/tags").body == R"({"models":[]})");
  server.add_model({.name = "acme/heron:7b-q4"});
  BOOST_TEST(fits(
      fetch(server.port(), "GET", "/api/tags").body,
      R"({"models":[{"name":"acme/heron:7b-q4","model":"acme/heron:7b-q4","digest":"*","modified_at":"*Z","size":2019393189,"details":{"format":"gguf","family":"llama","families":["llama"],"parameter_size":"3.2B","quantization_level":"Q4_K_M","context_length":131072,"embedding_length":64},"capabilities":["completion","tools"]}]})"));
  server.add_model({.name = "wren"});
  const auto list = fetch(server.port(), "GET", "/api/tags").body;
  BOOST_TEST(list.find("wren:latest") < list.find("heron"));
}

BOOST_AUTO_TEST_CASE(show_tells_the_context_length) {
  const Simulator server(with_models());
  const auto reply =
      post(server.port(), "/api/show", R"({"name":"registry.ollama.ai/library/WREN"})");
  BOOST_TEST(reply.status() == 200);
  BOOST_TEST(contains(reply.body, R"("modelfile":"FROM wren:latest\n")"));
  BOOST_TEST(contains(reply.body, R"("general.architecture":"llama")"));
  BOOST_TEST(contains(reply.body, R"("llama.context_length":131072)"));
  BOOST_TEST(contains(reply.body, R"("capabilities":["completion","tools"])"));
}

BOOST_AUTO_TEST_CASE(copy_and_delete_answer_with_nothing) {
  const Simulator server(with_models());
  const auto copy =
      post(server.port(), "/api/copy", R"({"source":"wren","destination":"robin:x"})");
  BOOST_TEST(copy.status() == 200);
  BOOST_TEST(copy.header("Content-Length") == "0");
  BOOST_TEST(is_installed(server, "robin:x"));
  BOOST_TEST(fetch(server.port(), "DELETE", "/api/delete", R"({"model":"robin:x"})").status() ==
             200);
  const auto again = fetch(server.port(), "DELETE", "/api/delete", R"({"model":"robin:x"})");
  BOOST_TEST(again.status() == 404);
  BOOST_TEST(again.body == R"({"error":"model 'robin:x' not found"})");
}

BOOST_AUTO_TEST_CASE(pull_reports_progress_and_installs) {
  const Simulator server(with_models());
  const auto reply = post(server.port(), "/api/pull", R"({"model":"robin"})");
  BOOST_TEST(reply.header("Content-Type") == "application/x-ndjson");
  const auto lines = reply.lines();
  BOOST_TEST(lines.front() == R"({"status":"pulling manifest"})");
  BOOST_TEST(fits(lines[1], R"({"status":"pulling *","digest":"sha256:*","total":*})"));
  BOOST_TEST(contains(lines[2], R"("completed":)"));
  BOOST_TEST(lines.back() == R"({"status":"success"})");
  BOOST_TEST(is_installed(server, "robin:latest"));
  const auto once = post(server.port(), "/api/pull", R"({"model":"robin","stream":false})");
  BOOST_TEST(once.body == R"({"status":"success"})");
}

BOOST_AUTO_TEST_CASE(pull_of_an_unknown_model_fails_in_band) {
  const Simulator server(with([](SimulatorOptions& options) { options.registry.emplace(); }));
  const auto reply = post(server.port(), "/api/pull", R"({"model":"robin"})");
  BOOST_TEST(reply.status() == 200);
  BOOST_TEST(reply.body == "{\"status\":\"pulling manifest\"}\n{\"error\":\"pull model manifest: "
                           "file does not exist\"}\n");
  BOOST_TEST(post(server.port(), "/api/pull", R"({"model":"robin","stream":false})").status() ==
             500);
}

BOOST_AUTO_TEST_CASE(pull_stops_when_the_client_leaves) {
  const Simulator server(with([](SimulatorOptions& options) { options.pull_step_delay = 20ms; }));
  SocketClient client(server.port());
  client.request("POST", "/api/pull", R"({"model":"robin"})");
  BOOST_TEST(client.read_until("total"));
  client.close();
  BOOST_TEST(
      server.wait_until([](const Counters& c) { return c.disconnects_seen == 1; }, patience));
  BOOST_TEST(!is_installed(server, "robin:latest"));
}

BOOST_AUTO_TEST_CASE(create_from_a_model_or_a_blob) {
  const Simulator server(with_models());
  const auto port = server.port();
  const auto made =
      post(port, "/api/create", R"({"model":"mine","from":"wren","system":"Be kind."})");
  BOOST_TEST(made.lines().back() == R"({"status":"success"})");

  BOOST_TEST(
      contains(post(port, "/api/show", R"({"model":"mine"})").body, R"("system":"Be kind.")"));
  BOOST_TEST(contains(post(port, "/api/create", R"({"model":"mine","from":"no"})").body, "error"));
  const std::string digest =
      "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  const std::string path = "/api/blobs/" + digest;
  BOOST_TEST(fetch(port, "HEAD", path).status() == 404);
  BOOST_TEST(post(port, path, "abc").status_line == "HTTP/1.1 201 Created");
  BOOST_TEST(fetch(port, "HEAD", path).status() == 200);
  BOOST_TEST(contains(post(port, "/api/blobs/sha256:" + std::string(64, '0'), "abc").body,
                      "digest mismatch"));
  const auto file =
      post(port, "/api/create",
           R"({"model":"own","files":{"x.gguf":")" + digest + R"("},"stream":false})");
  BOOST_TEST(file.body == R"({"status":"success"})");
  BOOST_TEST(post(port, "/api/push", R"({"model":"own"})").lines().back() ==
             R"({"status":"success"})");
}

BOOST_AUTO_TEST_SUITE_END()
