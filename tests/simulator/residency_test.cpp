// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulator/fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace nexus::llm::simulator;
using namespace nexus::llm::simulator::test;

BOOST_AUTO_TEST_SUITE(residency)

BOOST_AUTO_TEST_CASE(load_and_unload_are_single_objects) {
  const Simulator server(with_models());
  const auto port = server.port();
  auto reply = post(port, "/api/generate", R"({"model":"wren"})");
  BOOST_TEST(!reply.chunked);
  BOOST_TEST(without_values(reply.body, {"created_at"}) ==
             R"({"model":"wren","created_at":?,"response":"","done":true,"done_reason":"load"})");
  BOOST_TEST(contains(fetch(port, "GET", "/api/ps").body,
                      R"({"models":[{"name":"wren:latest","model":"wren:latest","digest":")"));
  reply = post(port, "/api/chat", R"({"model":"wren","messages":[],"keep_alive":0})");
  BOOST_TEST(
      without_values(reply.body, {"created_at"}) ==
      R"({"model":"wren","created_at":?,"message":{"role":"assistant","content":""},"done":true,"done_reason":"unload"})");
  BOOST_TEST(fetch(port, "GET", "/api/ps").body == R"({"models":[]})");
}

BOOST_AUTO_TEST_CASE(idle_model_expires) {
  const Simulator server(with([](SimulatorOptions& options) { options.keep_alive = 10ms; }));
  BOOST_TEST(post(server.port(), "/api/generate", R"({"model":"wren"})").status() == 200);
  BOOST_TEST(server.wait_until([](const Counters& c) { return c.unloads == 1; }, patience));
  BOOST_TEST(fetch(server.port(), "GET", "/api/ps").body == R"({"models":[]})");
}

BOOST_AUTO_TEST_CASE(keep_alive_of_a_request_stays_in_force) {
  const Simulator server(with_models());
  const auto port = server.port();
  BOOST_TEST(post(port, "/api/generate", R"({"model":"wren","keep_alive":-1})").status() == 200);
  BOOST_TEST(post(port, "/api/generate", R"({"model":"wren"})").status() == 200);
  BOOST_TEST(contains(fetch(port, "GET", "/api/ps").body, R"("expires_at":"9999-)"));
  BOOST_TEST(post(port, "/api/generate",
                  R"({"model":"wren","prompt":"x","stream":false,"keep_alive":"0s"})")
                 .status() == 200);
  BOOST_TEST(fetch(port, "GET", "/api/ps").body == R"({"models":[]})");
}

BOOST_AUTO_TEST_CASE(changed_load_options_reload_and_others_do_not) {
  const Simulator server(with_models());
  const auto run = [&](const std::string& more) {
    BOOST_TEST(post(server.port(), "/api/generate", R"({"model":"wren")" + more + "}").status() ==
               200);
    return server.counters().loads;
  };
  BOOST_TEST(run("") == 1U);
  BOOST_TEST(run(R"(,"options":{"num_ctx":4096,"temperature":1,"num_predict":3})") == 1U);
  BOOST_TEST(run(R"(,"options":{"num_ctx":2048})") == 2U);
  BOOST_TEST(run("") == 3U);
  BOOST_TEST(run(R"(,"options":{"num_thread":2})") == 4U);
  BOOST_TEST(server.counters().reloads == 3U);
}

BOOST_AUTO_TEST_CASE(nothing_is_sent_or_listed_during_a_load) {
  Simulator server(with_models());
  server.set_delays(100ms, 0ms, 0ms);
  SocketClient client(server.port());
  client.request("POST", "/api/generate", R"({"model":"wren"})");
  BOOST_TEST(server.wait_until([](const Counters& c) { return c.loads_started == 1; }, patience));
  BOOST_TEST(fetch(server.port(), "GET", "/api/ps").body == R"({"models":[]})");
  BOOST_TEST(client.input().empty());
  BOOST_TEST(client.read_response().status() == 200);
}

BOOST_AUTO_TEST_CASE(an_unload_lets_a_stream_end) {
  Simulator server(with_models());
  server.set_delays(0ms, 0ms, 2ms);
  server.set_reply("wren", "a b c d e f g h i j k l m n o p");
  SocketClient client(server.port());
  client.request("POST", "/api/generate", R"({"model":"wren","prompt":"x"})");
  BOOST_TEST(client.read_until("\"response\""));
  BOOST_TEST(contains(
      post(server.port(), "/api/generate", R"({"model":"wren","keep_alive":0})").body, "unload"));
  BOOST_TEST(contains(fetch(server.port(), "GET", "/api/ps").body, "wren:latest"));
  BOOST_TEST(client.read_response().lines().size() == 17U);
  BOOST_TEST(server.wait_until([](const Counters& c) { return c.unloads == 1; }, patience));
}

BOOST_AUTO_TEST_CASE(queue_is_limited_only_while_loading) {
  Simulator server(with([](SimulatorOptions& options) { options.max_queue = 1; }));
  server.set_delays(3s, 0ms, 0ms);
  SocketClient first(server.port());
  SocketClient second(server.port());
  first.request("POST", "/api/generate", R"({"model":"wren"})");
  BOOST_TEST(server.wait_until([](const Counters& c) { return c.waiting == 1; }, patience));
  second.request("POST", "/api/generate", R"({"model":"wren"})");
  BOOST_TEST(server.wait_until([](const Counters& c) { return c.waiting == 2; }, patience));
  const auto busy = post(server.port(), "/api/chat",
                         R"({"model":"heron:3b","messages":[{"role":"user","content":"x"}]})");
  BOOST_TEST(busy.status_line == "HTTP/1.1 503 Service Unavailable");
  BOOST_TEST(busy.header("Content-Type") == "application/json; charset=utf-8");
  BOOST_TEST(busy.body ==
             R"({"error":"server busy, please try again.  maximum pending requests exceeded"})");
  server.set_delays(0ms, 0ms, 0ms);
  first.close();
  BOOST_TEST(second.read_response().status() == 200);
  BOOST_TEST(server.counters().loads_aborted == 1U);
  BOOST_TEST(server.counters().loads == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
