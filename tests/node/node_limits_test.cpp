// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <boost/test/unit_test.hpp>

#include <caf/io/middleman.hpp>

#include <fstream>

#include "actors/internal_interfaces.hpp"
#include "tests/node/fixture.hpp"
#include "tests/simulator/socket_client.hpp"

/// What a node bears: strangers, large messages, many streams and many clients.
namespace nexus::llm::test {

namespace node_limits_test {

namespace {
constexpr auto overseer = AIRole::overseer;
using namespace std::chrono_literals;

/// The header of CAF's protocol that introduces a client, and announces so many bytes to follow.
std::string introduction(std::uint32_t announced) {
  std::string header(32, '\0');
  header[0] = 1;
  for (std::size_t i = 0; i < 4; ++i)
    header[4 + i] = static_cast<char>(announced >> (24 - 8 * i));
  return header;
}

/// A client with a system, and so a connection, of its own.
struct HundredthClient {
  explicit HundredthClient(std::uint16_t port)
      : remote{std::move(connect(*system.system, "127.0.0.1", port).value())},
        self{*system.system} {}

  auto ask_something() {
    return ask(self, remote->role(overseer), patience, generate_atom_v, std::string{"Count"});
  }

  ClientSystem system;
  std::unique_ptr<RemoteLLM> remote;
  caf::scoped_actor self;
};

/// The most memory that a process has had, in KiB.
long peak_memory(pid_t process) {
  std::ifstream status{"/proc/" + std::to_string(process) + "/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:"))
      return std::stol(line.substr(6));
  return 0;
}

struct LimitedNode : NodeFixture {
  /// From now on the node takes messages of up to 1 MiB.
  void take_small_messages() {
    configure(simulator->base_url(), R"(, "limits": {"maxMessageBytes": 1048576})");
    node.reset();
    start_node();
  }
};
} // namespace

BOOST_FIXTURE_TEST_SUITE(node_limits, LimitedNode)

BOOST_AUTO_TEST_CASE(bytes_that_are_no_client_do_no_harm) {
  const auto remote = connect_client();
  LLMIntegration api{*system, remote->handles()};
  for (const std::string& bytes : {std::string(1000, 'x'), std::string(64, '\xff'), std::string{},
                                   std::string{"GET / HTTP/1.1\r\n\r\n"}}) {
    simulator::test::SocketClient stranger{endpoint.port};
    stranger.send(bytes);
  }
  BOOST_TEST(api.generate("Count", overseer).has_value());
}

BOOST_AUTO_TEST_CASE(a_stranger_that_announces_much_is_cut_off_and_costs_nothing) {
  const auto remote = connect_client();
  LLMIntegration api{*system, remote->handles()};
  const auto before = peak_memory(node->process());
  for (const std::uint32_t announced : {~std::uint32_t{0}, std::uint32_t{1} << 30, 65537u}) {
    simulator::test::SocketClient stranger{endpoint.port};
    stranger.send(introduction(announced));
    // Its own introduction, and nothing more.
    BOOST_TEST(stranger.read_all().size() < 4096u);
    BOOST_TEST(node->read_error_until("broke the connection with 127.0.0.1 off: it announced a "
                                      "message of " +
                                      std::to_string(announced)));
  }
  BOOST_TEST(peak_memory(node->process()) - before < 50'000);
  BOOST_TEST(api.generate("Count", overseer).has_value());
}

BOOST_AUTO_TEST_CASE(strangers_that_say_nothing_keep_nobody_out) {
  using simulator::test::SocketClient;
  std::vector<std::unique_ptr<SocketClient>> silent;
  for (int i = 0; i < 600; ++i)
    silent.push_back(std::make_unique<SocketClient>(endpoint.port));
  // The first had to go when the others came.
  BOOST_TEST(silent.front()->read_all().size() < 4096u);
  const auto remote = connect_client();
  LLMIntegration api{*system, remote->handles()};
  BOOST_TEST(api.generate("Count", overseer).has_value());
}

BOOST_AUTO_TEST_CASE(a_message_beyond_the_limit_of_the_node_ends_the_connection_alone) {
  take_small_messages();
  const auto remote = connect_client();
  LLMIntegration api{*system, remote->handles()};
  const std::string large(2u << 20, 'x');
  // This library does not send it.
  const auto refused = api.generate(large, overseer);
  BOOST_REQUIRE(!refused);
  BOOST_TEST(to_string(refused.error().code) == "invalid_prompt");
  // Another program might.
  ClientSystem other;
  caf::scoped_actor self{*other.system};
  auto handle = other.system->middleman().remote_actor<node_actor>("127.0.0.1", endpoint.port);
  BOOST_REQUIRE(static_cast<bool>(handle));
  std::string outcome;
  ask(self, *handle, patience, hello_atom_v, node_protocol)
      .receive(
          [&](const NodeHello& hello) {
            const auto service = caf::actor_cast<llm_service>(hello.service);
            self->monitor(service);
            ask(self, service, 500ms, submit_atom_v, overseer, LLMRequest{.prompt = large})
                .receive([&](const LLMResponse&) { outcome = "answered"; },
                         [&](const caf::error&) { outcome = "failed"; });
            self->receive([&](const caf::down_msg&) { outcome += ", lost"; });
          },
          [](const caf::error& error) { BOOST_FAIL(describe(error)); });
  BOOST_TEST(outcome == "failed, lost");
  BOOST_TEST(node->read_error_until("bytes, 1048576 are allowed"));
  BOOST_TEST(api.generate("Count", overseer).has_value());
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_too_large_for_the_client_is_asked_for_three_times) {
  simulator->set_reply("llama3.1:8b", std::string(5u << 18, 'x'));
  ClientSystem small{1u << 20};
  auto remote = RemoteLLM::connect(*small.system, {endpoint});
  BOOST_REQUIRE(remote);
  LLMIntegration api{*small.system, (*remote)->handles()};
  // Ollama ends an answer at ten times its window.
  GenerateOptions options;
  options.num_ctx = 65'536;
  const auto answer = api.generate("Count", overseer, options);
  BOOST_REQUIRE(!answer);
  BOOST_TEST(to_string(answer.error().code) == "node_lost");
  const auto requests = simulator->requests();
  BOOST_TEST(std::ranges::count(requests, "/api/generate", &simulator::RequestRecord::target) == 3);
  simulator->set_reply("llama3.1:8b", "one two three");
  BOOST_TEST(api.generate("Count", overseer).has_value());
}

BOOST_AUTO_TEST_CASE(a_thousand_streams_go_over_one_connection) {
  simulator->set_reply("llama3.1:8b", "one two three four five six seven eight nine ten");
  configure(simulator->base_url(), R"(, "limits": {"maxConcurrent": 64, "queueLength": 2000})");
  node.reset();
  start_node();
  const auto remote = connect_client();
  caf::scoped_actor self{*system};
  using Pending = decltype(stream(self, *remote, "", stream_subscriber{}));
  std::vector<std::shared_ptr<Record>> records;
  std::vector<Pending> pending;
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i) {
    records.push_back(std::make_shared<Record>());
    pending.push_back(
        stream(self, *remote, std::to_string(i), spawn_recorder(*system, records.back())));
  }
  std::size_t answered = 0;
  for (auto& each : pending)
    answered += outcome_of(std::move(each)) == "answered" ? 1 : 0;
  BOOST_TEST(answered == 1000u);
  std::size_t whole = 0;
  for (const auto& record : records)
    whole += record->wait_until([](const Record& now) { return now.ends == 1; }) &&
                     record->in_order &&
                     record->text == "one two three four five six seven eight nine ten"
                 ? 1
                 : 0;
  BOOST_TEST(whole == 1000u);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  BOOST_TEST_MESSAGE("1,000 streams of 10 pieces: " << took.count() << " s");
}

BOOST_AUTO_TEST_CASE(a_hundred_clients_at_once_are_served) {
  simulator->set_reply("llama3.1:8b", "one two three");
  const auto begun = std::chrono::steady_clock::now();
  std::vector<std::unique_ptr<HundredthClient>> clients;
  for (int i = 0; i < 100; ++i)
    clients.push_back(std::make_unique<HundredthClient>(endpoint.port));
  using Pending = decltype(clients.front()->ask_something());
  std::vector<Pending> pending;
  for (const auto& client : clients)
    pending.push_back(client->ask_something());
  std::size_t answered = 0;
  for (auto& each : pending)
    answered += outcome_of(std::move(each)) == "answered" ? 1 : 0;
  BOOST_TEST(answered == 100u);
  BOOST_TEST_MESSAGE(
      "100 clients, each with a connection of its own: "
      << std::chrono::duration<double>{std::chrono::steady_clock::now() - begun}.count() << " s");
}

BOOST_AUTO_TEST_CASE(a_limit_that_was_raised_counts_from_the_next_start_on) {
  take_small_messages();
  {
    const auto remote = connect_client();
    LLMIntegration api{*system, remote->handles()};
    BOOST_TEST(api.update_config(R"({"limits": {"maxMessageBytes": 8388608}})").has_value());
  }
  const auto remote = connect_client();
  LLMIntegration api{*system, remote->handles()};
  const auto refused = api.generate(std::string(2u << 20, 'x'), overseer);
  BOOST_REQUIRE(!refused);
  BOOST_TEST(to_string(refused.error().code) == "invalid_prompt");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace node_limits_test

} // namespace nexus::llm::test
