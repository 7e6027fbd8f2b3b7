// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulator/fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <thread>
#include <vector>

using namespace nexus::llm::simulator;
using namespace nexus::llm::simulator::test;

BOOST_AUTO_TEST_SUITE(concurrency)

namespace {

const std::string long_request = R"({"model":"wren","prompt":"x"})";

/// A model that talks for ever, for the patience of a test.
void talk_slowly(Simulator& server) {
  std::string text;
  for (int i = 0; i < 20'000; ++i)
    text += " word";
  server.set_reply("wren", text);
  server.set_delays(0ms, 0ms, 1ms);
}

} // namespace

BOOST_AUTO_TEST_CASE(later_requests_are_silent_until_the_slot_is_free) {
  Simulator server(with_models());
  talk_slowly(server);
  SocketClient first(server.port());
  first.request("POST", "/api/generate", long_request);
  BOOST_TEST(first.read_until("\"response\""));
  SocketClient second(server.port());
  second.request("POST", "/api/generate",
                 R"({"model":"wren","prompt":"x","options":{"num_predict":1}})");
  BOOST_TEST(server.wait_until([](const Counters& c) { return c.waiting == 1 && c.lines_sent > 5; },
                               patience));
  BOOST_TEST(second.silent_for(0ms));
  first.close();
  BOOST_TEST(second.read_response().complete);
  BOOST_TEST(server.wait_until([](const Counters& c) { return c.running == 0; }, patience));
  BOOST_TEST(server.counters().disconnects_seen == 1U);
  BOOST_TEST(server.counters().cancelled == 1U);
  const auto records = server.requests();
  BOOST_TEST(records[0].client_left);
  BOOST_TEST(!records[0].answered);
  BOOST_TEST(records[1].answered);
}

BOOST_AUTO_TEST_CASE(clients_that_leave_while_waiting_are_noticed) {
  Simulator server(with_models());
  talk_slowly(server);
  SocketClient first(server.port());
  first.request("POST", "/api/generate", long_request);
  BOOST_TEST(first.read_until("\"response\""));
  SocketClient closing(server.port());
  SocketClient aborting(server.port());
  closing.request("POST", "/api/generate", long_request);
  aborting.request("POST", "/api/chat",
                   R"({"model":"wren","messages":[{"role":"user","content":"x"}]})");
  BOOST_TEST(server.wait_until([](const Counters& c) { return c.waiting == 2; }, patience));
  closing.close();
  aborting.abort();
  BOOST_TEST(server.wait_until(
      [](const Counters& c) { return c.waiting == 0 && c.disconnects_seen == 2; }, patience));
  BOOST_TEST(server.counters().running == 1U);
}

BOOST_AUTO_TEST_CASE(a_client_that_leaves_aborts_its_load) {
  Simulator server(with_models());
  server.set_delays(30s, 0ms, 0ms);
  SocketClient client(server.port());
  client.request("POST", "/api/generate", long_request);
  BOOST_TEST(server.wait_until([](const Counters& c) { return c.loads_started == 1; }, patience));
  client.half_close();
  BOOST_TEST(client.read_all().empty());
  BOOST_TEST(server.counters().loads_aborted == 1U);
}

BOOST_AUTO_TEST_CASE(wedged_slot_is_freed_by_an_unload) {
  Simulator server(with([](SimulatorOptions& options) { options.wedge_on_disconnect = true; }));
  talk_slowly(server);
  SocketClient first(server.port());
  first.request("POST", "/api/generate", long_request);
  BOOST_TEST(first.read_until("\"response\""));
  first.abort();
  BOOST_TEST(server.wait_until([](const Counters& c) { return c.wedged_slots == 1; }, patience));
  server.set_reply("wren", "ok");
  SocketClient second(server.port());
  second.request("POST", "/api/generate", long_request);
  BOOST_TEST(server.wait_until([](const Counters& c) { return c.waiting == 1; }, patience));
  BOOST_TEST(second.silent_for(30ms));
  second.close();
  BOOST_TEST(server.wait_until([](const Counters& c) { return c.waiting == 0; }, patience));
  BOOST_TEST(post(server.port(), "/api/generate", R"({"model":"wren","keep_alive":0})").status() ==
             200);
  BOOST_TEST(post(server.port(), "/api/generate", long_request).complete);
  BOOST_TEST(server.counters().wedged_slots == 0U);
}

BOOST_AUTO_TEST_CASE(parallel_slots_run_side_by_side) {
  Simulator server(with([](SimulatorOptions& options) { options.parallel_slots = 2; }));
  talk_slowly(server);
  SocketClient first(server.port());
  SocketClient second(server.port());
  first.request("POST", "/api/generate", long_request);
  second.request("POST", "/api/generate", long_request);
  BOOST_TEST(server.wait_until([](const Counters& c) { return c.running == 2; }, patience));
}

BOOST_AUTO_TEST_CASE(stop_ends_streams_without_the_last_chunk_and_start_brings_it_back) {
  Simulator server(with_models());
  talk_slowly(server);
  const auto port = server.port();
  SocketClient client(port);
  client.request("POST", "/api/generate", long_request);
  BOOST_TEST(client.read_until("\"response\""));
  server.stop();
  const auto reply = client.read_response();
  BOOST_TEST(!reply.complete);
  BOOST_TEST(!client.was_reset());
  BOOST_CHECK_THROW(SocketClient{port}, std::system_error);
  BOOST_TEST(server.counters().open_connections == 0U);
  BOOST_TEST(server.counters().running == 0U);
  server.start();
  BOOST_TEST(server.port() == port);
  BOOST_TEST(contains(fetch(port, "GET", "/api/tags").body, "wren:latest"));
  BOOST_TEST(fetch(port, "GET", "/api/ps").body == R"({"models":[]})");
}

BOOST_AUTO_TEST_CASE(taken_port_is_told) {
  const Simulator server(with_models());
  SimulatorOptions options;
  options.port = server.port();
  BOOST_CHECK_THROW(Simulator{options}, std::system_error);
  options.port = 0;
  options.models.push_back({"a b"});
  BOOST_CHECK_THROW(Simulator{options}, std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(thousands_of_requests_and_hundreds_of_connections) {
  Simulator server(with_models());
  server.set_reply("wren", "ok");
  SocketClient client(server.port());
  for (int i = 0; i < 2000; ++i) {
    client.request("POST", "/api/generate", long_request);
    BOOST_REQUIRE(client.read_response().complete);
  }
  std::vector<std::unique_ptr<SocketClient>> many;
  for (int i = 0; i < 300; ++i) {
    many.push_back(std::make_unique<SocketClient>(server.port()));
    many.back()->request("POST", "/api/generate", long_request);
  }
  for (const auto& one : many)
    BOOST_REQUIRE(one->read_response().complete);
  BOOST_TEST(server.counters().answered == 2300U);
  many.clear();
  client.close();
  BOOST_TEST(
      server.wait_until([](const Counters& c) { return c.open_connections == 0; }, patience));
}

BOOST_AUTO_TEST_CASE(members_may_be_called_from_many_threads) {
  Simulator server(with_models());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&server] {
      for (int i = 0; i < 20; ++i) {
        server.inject(Fault::error_line(0, "x"));
        server.set_reply("wren", "ok");
        (void)post(server.port(), "/api/generate", R"({"model":"wren","prompt":"x"})");
        (void)server.requests();
        (void)server.counters();
      }
    });
  }
  for (auto& thread : threads)
    thread.join();
  BOOST_TEST(server.counters().requests == 80U);
}

BOOST_AUTO_TEST_SUITE_END()
