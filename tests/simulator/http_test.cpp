// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulator/fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace nexus::llm::simulator;
using namespace nexus::llm::simulator::test;

BOOST_AUTO_TEST_SUITE(http)

BOOST_AUTO_TEST_CASE(root_says_that_it_runs) {
  const Simulator server(with_models());
  const auto reply = fetch(server.port(), "GET", "/");
  BOOST_TEST(reply.status_line == "HTTP/1.1 200 OK");
  BOOST_TEST(reply.header("Content-Type") == "text/plain; charset=utf-8");
  BOOST_TEST(reply.body == "Ollama is running");
  const auto head = fetch(server.port(), "HEAD", "/");
  BOOST_TEST(head.header("Content-Length") == "17");
}

BOOST_AUTO_TEST_CASE(unknown_paths_and_methods_are_told_apart) {
  const Simulator server(with_models());
  for (const auto* path : {"/nope", "/api", "/API/TAGS", "/v1/chat/completions"}) {
    const auto reply = fetch(server.port(), "GET", path);
    BOOST_TEST(reply.status() == 404);
    BOOST_TEST(reply.header("Content-Type") == "text/plain");
    BOOST_TEST(reply.body == "404 page not found");
  }
  BOOST_TEST(fetch(server.port(), "GET", "/api/version?x=1").status() == 200);
  for (const auto* method : {"GET", "BREW"})
    BOOST_TEST(fetch(server.port(), method, "/api/chat").status() == 405);
}

BOOST_AUTO_TEST_CASE(huge_headers_are_refused) {
  const Simulator server(with_models());
  SocketClient big(server.port());
  try {
    big.send("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(2U << 20U, 'a'));
  } catch (const std::system_error&) {
    // The server may have closed already.
  }
  BOOST_TEST((!big.read_until("\r\n") || big.input().starts_with("HTTP/1.1 400 ")));
}

BOOST_AUTO_TEST_CASE(requests_sent_ahead_are_answered_in_order) {
  const Simulator server(with_models());
  SocketClient client(server.port());
  const std::string get = "GET /api/version HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const std::string missing = "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n";
  client.send(get + missing + get);
  BOOST_TEST(client.read_response().status() == 200);
  BOOST_TEST(client.read_response().status() == 404);
  BOOST_TEST(client.read_response().body == R"({"version":"0.32.15"})");
  BOOST_TEST(server.counters().accepts == 1U);
}

BOOST_AUTO_TEST_CASE(connection_survives_errors_and_streams) {
  const Simulator server(with_models());
  SocketClient client(server.port());
  client.request("POST", "/api/chat", "{}");
  BOOST_TEST(client.read_response().status() == 400);
  client.request("POST", "/api/generate", R"({"model":"wren","prompt":"hi"})");
  BOOST_TEST(client.read_response().complete);
  client.request("GET", "/api/ps");
  BOOST_TEST(client.read_response().status() == 200);
}

BOOST_AUTO_TEST_CASE(http_1_0_stream_ends_with_the_connection) {
  const Simulator server(with_models());
  SocketClient client(server.port());
  const std::string body = R"({"model":"wren","prompt":"hi"})";
  client.send("POST /api/generate HTTP/1.0\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n" + body);
  const std::string reply = client.read_all();
  BOOST_TEST(contains(reply, " 200 OK\r\n"));
  BOOST_TEST(!contains(reply, "Transfer-Encoding"));
  BOOST_TEST(contains(reply, R"("done":true)"));
  BOOST_TEST(reply.ends_with("}\n"));
}

BOOST_AUTO_TEST_CASE(chunked_request_body_is_read) {
  const Simulator server(with_models());
  SocketClient client(server.port());
  client.send("POST /api/generate HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
              "9\r\n{\"model\":\r\n7\r\n\"wren\"}\r\n0\r\n\r\n");
  BOOST_TEST(contains(client.read_response().body, R"("done_reason":"load")"));
}

BOOST_AUTO_TEST_SUITE_END()
