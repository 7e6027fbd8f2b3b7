// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "actors/internal_interfaces.hpp"
#include "tests/node/basp.hpp"
#include "tests/node/cable.hpp"
#include "tests/node/fixture.hpp"
#include "tests/simulator/socket_client.hpp"

/// Peers that speak CAF's protocol, or nearly so, and are no clients: before and after their
/// introduction.
namespace nexus::llm::test {

namespace stranger_test {

namespace {

constexpr auto overseer = AIRole::overseer;
const boost::unit_test::enable_if<messages_are_checked> checked;

/// A peer on a socket of its own, which sends what the test wants.
class Stranger {
public:
  explicit Stranger(std::uint16_t port, std::uint32_t process = 4711)
      : socket_{port}, own_{basp::node(process, 's')} {
    BOOST_REQUIRE(socket_.read_bytes(basp::header_size));
    const auto header = basp::header_in(socket_.input());
    BOOST_REQUIRE(socket_.read_bytes(basp::header_size + header.payload));
    node_ = socket_.input().substr(basp::header_size, basp::node_size);
  }

  /// Introduces itself as a client does.
  void introduce() {
    send(basp::introduction(own_));
    send(basp::introduction(own_, basp::select_connection));
  }
  void send(const basp::Packet& packet) { send_bytes(packet.bytes()); }
  /// The node may break the connection off before it has everything.
  void send_bytes(std::string_view bytes) {
    try {
      socket_.send(bytes);
    } catch (const std::system_error&) {
    }
  }
  /// Whether the node ends the connection.
  [[nodiscard]] bool is_cut_off() {
    static_cast<void>(socket_.read_all());
    return true;
  }

  [[nodiscard]] const std::string& own() const { return own_; }
  [[nodiscard]] const std::string& node() const { return node_; }

private:
  simulator::test::SocketClient socket_;
  std::string own_;
  std::string node_;
};

/// A figure of a process in KiB, as its kernel tells it.
long memory(pid_t process, std::string_view name) {
  std::ifstream status{"/proc/" + std::to_string(process) + "/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name))
      return std::stol(line.substr(name.size() + 1));
  return 0;
}

std::size_t descriptors(pid_t process) {
  std::error_code error;
  const std::filesystem::directory_iterator entries{"/proc/" + std::to_string(process) + "/fd",
                                                    error};
  return static_cast<std::size_t>(std::distance(entries, {}));
}

struct NodeAmongStrangers : NodeFixture {
  /// The node is alive and serves clients.
  void check_serves() {
    const auto remote = connect_client();
    LLMIntegration api{*system, remote->handles()};
    BOOST_TEST(api.generate("Count", overseer).has_value());
  }
  /// What an introduced stranger sends ends its connection, and nothing else.
  void check_refused(const basp::Packet& packet, const std::string& reason) {
    Stranger stranger{endpoint.port};
    stranger.introduce();
    stranger.send(packet);
    BOOST_TEST(stranger.is_cut_off());
    BOOST_TEST(node->read_error_until("off: it sent " + reason), reason);
  }

  /// What a client sends in a session of requests, streams and questions.
  [[nodiscard]] std::string recorded_session() {
    Cable cable{endpoint.port, {.recorded = true}};
    {
      ClientSystem client;
      auto remote = RemoteLLM::connect(*client.system, {{"127.0.0.1", cable.port()}});
      BOOST_REQUIRE(remote);
      LLMIntegration api{*client.system, (*remote)->handles()};
      BOOST_TEST(api.generate("Count", overseer).has_value());
      BOOST_TEST(
          api.generate_streaming("Count", overseer, [](const auto&) { return true; }).has_value());
      BOOST_TEST(api.list_available_models().has_value());
      BOOST_TEST(api.load_config().has_value());
      BOOST_TEST(api.stats(overseer).has_value());
      BOOST_TEST(!api.cancel(overseer, {"nothing"}).value());
    }
    return cable.sent_by_client();
  }
};

/// Changes a session as a bad line or a bad peer would, as a seed decides.
class Mischief {
public:
  explicit Mischief(unsigned seed) : random_{seed} {}

  std::string change(const std::vector<basp::Packet>& session) {
    auto packets = session;
    const auto times = 1 + below(3);
    for (std::size_t i = 0; i < times && !packets.empty(); ++i)
      change_packets(packets);
    std::string bytes;
    for (const auto& packet : packets)
      bytes += packet.bytes();
    if (below(2) == 0)
      flip(bytes);
    if (below(4) == 0)
      bytes.resize(below(bytes.size() + 1));
    return bytes;
  }

private:
  std::size_t below(std::size_t end) { return end == 0 ? 0 : random_() % end; }

  void change_packets(std::vector<basp::Packet>& packets) {
    const auto at = below(packets.size());
    const auto place = packets.begin() + static_cast<std::ptrdiff_t>(at);
    switch (below(7)) {
    case 0:
      packets.erase(place);
      break;
    case 1:
      packets.insert(place, 1 + below(20), *place);
      break;
    case 2:
      std::swap(*place, packets[below(packets.size())]);
      break;
    case 3:
      flip(place->payload);
      break;
    case 4:
      place->payload.resize(below(place->payload.size() + 1));
      break;
    case 5:
      place->header.operation = static_cast<std::uint8_t>(below(8));
      break;
    default:
      place->header.receiver = below(64);
      place->header.data = random_();
    }
  }
  void flip(std::string& bytes) {
    const auto times = bytes.empty() ? 0 : 1 + below(8);
    for (std::size_t i = 0; i < times; ++i)
      bytes[below(bytes.size())] ^= static_cast<char>(1U << below(8));
  }

  std::mt19937 random_;
};

std::string from_hexadecimal(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string{text.substr(i, 2)}, nullptr, 16));
  return bytes;
}

/// An error that holds an error, and so on.
std::string errors_within_errors(std::size_t depth) {
  std::string bytes;
  for (std::size_t i = 0; i < depth; ++i)
    bytes += basp::message("@<>+@error", basp::error(1, {}));
  return bytes + basp::message("@<>", {});
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(strangers, NodeAmongStrangers, *checked)

BOOST_AUTO_TEST_CASE(a_header_that_nothing_follows_does_not_end_a_node) {
  for (const auto operation : {basp::client_handshake, basp::server_handshake}) {
    Stranger stranger{endpoint.port};
    stranger.send({.header = {.operation = operation, .data = 3}});
    BOOST_TEST(stranger.is_cut_off());
  }
  check_refused({.header = {.operation = basp::client_handshake}}, "a message that says nothing");
  check_refused({.header = {.operation = basp::server_handshake, .data = 3}},
                "a second introduction");
  check_serves();
}

BOOST_AUTO_TEST_CASE(who_says_something_before_its_introduction_is_cut_off) {
  Stranger stranger{endpoint.port};
  stranger.send(basp::direct(1, basp::message("@<>", {})));
  BOOST_TEST(stranger.is_cut_off());
  BOOST_TEST(node->read_error_until("off: it sent a message before its introduction"));
  check_serves();
}

BOOST_AUTO_TEST_CASE(errors_within_errors_do_not_exhaust_the_stack) {
  const std::string reason = "a message with a type that nodes do not exchange";
  for (std::uint64_t receiver = 1; receiver < 20; receiver += 6)
    check_refused(basp::direct(receiver, errors_within_errors(100'000), 1, basp::response | 1),
                  reason);
  Stranger stranger{endpoint.port};
  check_refused(
      {.header = {.operation = basp::down_message, .sender = 1},
       .payload = stranger.own() + stranger.node() + basp::error(1, errors_within_errors(100'000))},
      reason);
  check_serves();
}

BOOST_AUTO_TEST_CASE(an_error_that_answers_nothing_ends_no_actor) {
  const auto error = basp::message("@<>+@error", basp::error(1, basp::message("@<>", {})));
  for (std::uint64_t actor = 1; actor < 40; ++actor)
    check_refused(basp::direct(actor, error), "an error that answers nothing");
  check_serves();
}

BOOST_AUTO_TEST_CASE(a_message_is_not_taken_for_one_of_a_stream) {
  for (const std::uint64_t category : {2u, 3u})
    for (std::uint64_t actor = 1; actor < 40; actor += 2)
      check_refused(
          basp::direct(actor, basp::message("@<>+@u64", basp::number(1, 8)), 1, category << 60),
          "a message of a stream of CAF");
  check_serves();
}

BOOST_AUTO_TEST_CASE(a_list_that_announces_more_than_it_has_takes_no_memory) {
  const auto before = memory(node->process(), "VmHWM:");
  // Any actor there is gets it; without one, nothing is decoded.
  for (std::uint64_t receiver = 1; receiver < 20; receiver += 3)
    check_refused(basp::direct(receiver, basp::message("@<>+@charbuf", "\xff\xff\xff\xff\x0f")),
                  "a message with a type that nodes do not exchange");
  BOOST_TEST(memory(node->process(), "VmHWM:") - before < 50'000);
  check_serves();
}

BOOST_AUTO_TEST_CASE(types_that_nobody_exchanges_are_taken_from_nobody) {
  // CAF registers some for itself, and for each type of a program a list and a stream: it throws
  // where a setting has an unknown type, follows messages within messages until the stack ends, and
  // makes as many elements as are announced where they take no bytes.
  const auto before = memory(node->process(), "VmHWM:");
  std::string nested;
  for (int i = 0; i < 100'000; ++i)
    nested += basp::number(0, 2) + basp::text("@<>+std::vector<@message>") + basp::length(1);
  const std::string many = "\xff\xff\xff\xff\x0f";
  const std::vector<std::string> messages{
      basp::message("@<>+settings", basp::length(1) + basp::text("a") + "\x7f"),
      basp::message("@<>+dictionary<@config_value>", basp::length(1) + basp::text("a") + "\x7f"),
      basp::message("@<>+std::vector<@config_value>", basp::length(1) + "\x7f"),
      nested,
      basp::message("@<>+std::vector<nexus::llm::Ack>", many),
      basp::message("@<>+std::vector<std::vector<nexus::llm::Ack>>", basp::length(1) + many),
      basp::message("@<>+stream<nexus::llm::Ack>", many),
      basp::message("@<>+std::vector<nexus::llm::ComponentsPtr>", basp::length(1)),
  };
  for (std::uint64_t receiver = 1; receiver < 20; receiver += 3)
    for (const auto& message : messages)
      check_refused(basp::direct(receiver, message),
                    "a message with a type that nodes do not exchange");
  BOOST_TEST(memory(node->process(), "VmHWM:") - before < 50'000);
  check_serves();
}

BOOST_AUTO_TEST_CASE(an_actor_of_the_node_is_not_taken_for_one_of_the_stranger) {
  for (std::uint64_t actor = 1; actor < 20; actor += 3) {
    const auto theirs = Stranger{endpoint.port}.node();
    check_refused(basp::direct(actor, basp::message("@<>+@atom+@strong_actor_ptr",
                                                    basp::number(basp::atom("link"), 8) +
                                                        basp::number(actor, 8) + theirs)),
                  "a message with a type that nodes do not exchange");
  }
  check_serves();
}

BOOST_AUTO_TEST_CASE(what_means_something_within_a_process_only_is_taken_from_nobody) {
  // From now on the actors of the node can be reached.
  check_serves();
  const std::string reason = "a message with a type that nodes do not exchange";
  for (std::uint64_t actor = 1; actor < 40; ++actor)
    check_refused(basp::direct(actor, basp::message("@<>+nexus::llm::OrphanedStreamPtr", {})),
                  reason);
  for (const auto* types : {"@<>+nexus::llm::ComponentsPtr", "@<>+nexus::llm::CataloguePtr"})
    check_refused(basp::direct(1, basp::message(types, {})), reason);
  check_serves();
}

BOOST_AUTO_TEST_CASE(messages_about_actors_and_roles_that_are_not_there_are_dropped) {
  check_serves();
  // A role of another table.
  auto odd = basp::message("@<>+@atom+nexus::llm::AIRole",
                           basp::number(basp::atom("stats"), 8) + std::string(1, '\x7f'));
  std::vector<std::string> messages{std::move(odd)};
  // The actors in a recording are none.
  std::ifstream recording{PROTOCOLS "/" + std::to_string(node_protocol)};
  for (std::string name, bytes; recording >> name >> bytes;)
    messages.push_back(from_hexadecimal(bytes));
  BOOST_REQUIRE(messages.size() > 70u);
  for (const auto& message : messages) {
    Stranger stranger{endpoint.port};
    stranger.introduce();
    for (std::uint64_t actor = 1; actor < 40; ++actor)
      for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{1}, basp::response | 1})
        stranger.send(basp::direct(actor, message, 1, number));
  }
  check_serves();
}

BOOST_AUTO_TEST_CASE(a_stranger_ends_no_actor_of_the_node) {
  for (std::uint64_t actor = 1; actor < 20; actor += 3)
    check_refused(basp::direct(actor, basp::message("@<>+@exit", std::string(200, '\0'))),
                  "a message with a type that nodes do not exchange");
  check_serves();
}

BOOST_AUTO_TEST_CASE(a_node_forgets_who_is_gone) {
  auto come_and_go = [this](std::uint32_t first, std::uint32_t count) {
    for (auto process = first; process < first + count; ++process)
      Stranger{endpoint.port, process}.introduce();
    check_serves();
    return memory(node->process(), "VmRSS:");
  };
  const auto before = come_and_go(1, 500);
  // An actor that stays for each of them takes more.
  BOOST_TEST(come_and_go(1000, 4000) - before < 3'000);
}

BOOST_AUTO_TEST_CASE(changed_sessions_leave_a_node_as_it_was) {
  // What the node logs must not fill the pipe that nobody reads.
  node.reset();
  start_node({"--log-file", (home / "log").string()});
  const auto session = basp::packets_in(recorded_session());
  BOOST_REQUIRE(session.size() > 10u);
  check_serves();
  std::size_t before = 0;
  long memory_before = 0;
  for (unsigned seed = 1; seed <= 200; ++seed) {
    {
      Stranger stranger{endpoint.port};
      stranger.send_bytes(Mischief{seed}.change(session));
    }
    if (seed % 40 == 0)
      check_serves();
    if (seed == 40) {
      memory_before = memory(node->process(), "VmRSS:");
      before = descriptors(node->process());
    }
  }
  // Connections with Ollama are kept, a few of them.
  BOOST_TEST(ask_again_until([&] { return descriptors(node->process()) < before + 10; }));
  BOOST_TEST(memory(node->process(), "VmRSS:") - memory_before < 20'000);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace stranger_test

} // namespace nexus::llm::test
