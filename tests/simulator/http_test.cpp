// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulator/fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace nexus::llm::simulator;
using namespace nexus::llm::simulator::test;

BOOST_AUTO_TEST_SUITE(http)

BOOST_AUTO_TEST_CASE(root_has_only_the_headers_of_the_real_server) {
  const Simulator server(with_models());
  const auto reply = fetch(server.port(), "GET", "/");
  BOOST_TEST(reply.status_line == "HTTP/1.1 200 OK");
  BOOST_TEST(reply.header_names() == "Content-Type,Date,Content-Length");
  BOOST_TEST(reply.header("Content-Type") == "text/plain; charset=utf-8");
  BOOST_TEST(reply.body == "Ollama is running");
}

BOOST_AUTO_TEST_CASE(head_is_answered_without_a_body) {
  const Simulator server(with_models());
  SocketClient client(server.port());
  client.request("HEAD", "/api/version");
  BOOST_TEST(client.read_response(true).header("Content-Length") == "21");
  client.request("HEAD", "/");
  BOOST_TEST(client.read_response(true).header("Content-Length") == "17");
}

BOOST_AUTO_TEST_CASE(wrong_method_is_405_with_allow) {
  const Simulator server(with_models());
  auto reply = fetch(server.port(), "GET", "/api/chat");
  BOOST_TEST(reply.status_line == "HTTP/1.1 405 Method Not Allowed");
  BOOST_TEST(reply.header_names() == "Allow,Content-Type,Date,Content-Length");
  BOOST_TEST(reply.header("Content-Type") == "text/plain");
  BOOST_TEST(reply.body == "405 method not allowed");
  reply = fetch(server.port(), "POST", "/api/tags", "{}");
  BOOST_TEST(reply.header("Allow") == "HEAD, GET");
  BOOST_TEST(fetch(server.port(), "BREW", "/api/chat").status() == 405);
}

BOOST_AUTO_TEST_CASE(unknown_path_is_plain_404) {
  const Simulator server(with_models());
  for (const auto* path : {"/nope", "/api", "/API/TAGS", "/v1/chat/completions"}) {
    const auto reply = fetch(server.port(), "GET", path);
    BOOST_TEST(reply.status() == 404);
    BOOST_TEST(reply.header("Content-Type") == "text/plain");
    BOOST_TEST(reply.body == "404 page not found");
  }
}

BOOST_AUTO_TEST_CASE(trailing_and_doubled_slashes_are_redirected) {
  const Simulator server(with_models());
  auto reply = fetch(server.port(), "POST", "/api/chat/", "{}");
  BOOST_TEST(reply.status_line == "HTTP/1.1 307 Temporary Redirect");
  BOOST_TEST(reply.header("Location") == "/api/chat");
  BOOST_TEST(reply.header_names() == "Location,Date,Content-Length");
  reply = fetch(server.port(), "GET", "/api/tags/");
  BOOST_TEST(reply.status() == 301);
  BOOST_TEST(reply.body == "<a href=\"/api/tags\">Moved Permanently</a>.\n\n");
  BOOST_TEST(fetch(server.port(), "GET", "//api/tags").header("Location") == "/api/tags");
  BOOST_TEST(fetch(server.port(), "GET", "/api//tags").header("Location") == "/api/tags");
}

BOOST_AUTO_TEST_CASE(foreign_host_is_403_even_for_unknown_paths) {
  const Simulator server(with_models());
  for (const auto* host : {"evil.example", "93.184.216.34", "evil.example:11434"}) {
    const auto reply =
        fetch(server.port(), "GET", "/nope", "", std::string("Host: ") + host + "\r\n");
    BOOST_TEST(reply.status_line == "HTTP/1.1 403 Forbidden");
    BOOST_TEST(reply.header_names() == "Date,Content-Length");
    BOOST_TEST(reply.body.empty());
  }
  for (const auto* host : {"localhost", "foo.localhost", "box.local", "box.internal:1",
                           "10.1.2.3:11434", "[::1]:80", "172.20.0.1"})
    BOOST_TEST(
        fetch(server.port(), "GET", "/", "", std::string("Host: ") + host + "\r\n").status() ==
        200);
}

BOOST_AUTO_TEST_CASE(origin_is_checked_and_told) {
  const Simulator server(with_models());
  BOOST_TEST(fetch(server.port(), "GET", "/", "", "Origin: http://evil.example\r\n").status() ==
             403);
  const auto reply = fetch(server.port(), "GET", "/", "", "Origin: http://localhost:3000\r\n");
  BOOST_TEST(reply.header("Access-Control-Allow-Origin") == "http://localhost:3000");
  BOOST_TEST(reply.header_names() ==
             "Access-Control-Allow-Origin,Content-Type,Vary,Date,Content-Length");
  const auto flight = fetch(server.port(), "OPTIONS", "/api/chat", "",
                            "Origin: http://localhost\r\nAccess-Control-Request-Method: POST\r\n");
  BOOST_TEST(flight.status_line == "HTTP/1.1 204 No Content");
  BOOST_TEST(flight.header("Access-Control-Max-Age") == "43200");
  BOOST_TEST(flight.header("Content-Length") == "");
  BOOST_TEST(fetch(server.port(), "OPTIONS", "/api/chat").status() == 405);
  BOOST_TEST(fetch(server.port(), "OPTIONS", "/x", "", "Host: localhost\r\n").status() == 204);
}

BOOST_AUTO_TEST_CASE(missing_host_and_huge_headers_are_refused) {
  const Simulator server(with_models());
  SocketClient client(server.port());
  client.send("GET / HTTP/1.1\r\n\r\n");
  const std::string reply = client.read_all();
  BOOST_TEST(reply.starts_with("HTTP/1.1 400 Bad Request\r\n"));
  BOOST_TEST(reply.ends_with("400 Bad Request: missing required Host header"));
  SocketClient big(server.port());
  try {
    big.send("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(2U << 20U, 'a'));
  } catch (const std::system_error&) {
    // The server may have closed already.
  }
  BOOST_TEST((!big.read_until("\r\n") || big.input().starts_with("HTTP/1.1 431 ")));
}

BOOST_AUTO_TEST_CASE(expect_100_is_answered_before_the_body) {
  const Simulator server(with_models());
  SocketClient client(server.port());
  const std::string body = R"({"model":"wren"})";
  client.send("POST /api/generate HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
              "Content-Length: " +
              std::to_string(body.size()) + "\r\n\r\n");
  BOOST_TEST(client.read_until("HTTP/1.1 100 Continue\r\n\r\n"));
  BOOST_TEST(client.read_response().status() == 100);
  client.send(body);
  BOOST_TEST(contains(client.read_response().body, R"("done_reason":"load")"));
}

BOOST_AUTO_TEST_CASE(pipelined_requests_are_answered_in_order) {
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
  BOOST_TEST(reply.starts_with("HTTP/1.0 200 OK\r\n"));
  BOOST_TEST(!contains(reply, "Transfer-Encoding"));
  BOOST_TEST(contains(reply, R"("done":true)"));
  BOOST_TEST(reply.ends_with("}\n"));
}

BOOST_AUTO_TEST_CASE(body_with_early_end_is_unexpected_eof) {
  const Simulator server(with_models());
  SocketClient client(server.port());
  client.send(
      "POST /api/generate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\n{\"model\":");
  client.half_close();
  const auto reply = client.read_response();
  BOOST_TEST(reply.status() == 400);
  BOOST_TEST(reply.body == R"({"error":"unexpected EOF"})");
}

BOOST_AUTO_TEST_CASE(chunked_request_body_is_read) {
  const Simulator server(with_models());
  SocketClient client(server.port());
  client.send("POST /api/generate HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
              "9\r\n{\"model\":\r\n7\r\n\"wren\"}\r\n0\r\n\r\n");
  BOOST_TEST(contains(client.read_response().body, R"("done_reason":"load")"));
}

BOOST_AUTO_TEST_CASE(long_one_shot_body_is_one_chunk) {
  Simulator server(with_models());
  BOOST_TEST(fetch(server.port(), "GET", "/api/ps").header("Content-Length") == "13");
  for (int i = 0; i < 8; ++i) {
    SimulatedModel model;
    model.name = "m" + std::to_string(i);
    server.add_model(model);
  }
  const auto reply = fetch(server.port(), "GET", "/api/tags");
  BOOST_TEST(reply.header_names() == "Content-Type,Date,Transfer-Encoding");
  BOOST_TEST(reply.chunks.size() == 1U);
  BOOST_TEST(reply.body.ends_with("]}"));
  const auto head = fetch(server.port(), "HEAD", "/api/tags");
  BOOST_TEST(head.header_names() == "Content-Type,Date");
}

BOOST_AUTO_TEST_SUITE_END()
