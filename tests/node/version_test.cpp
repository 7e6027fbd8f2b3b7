// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <caf/io/basp/version.hpp>
#include <caf/io/middleman.hpp>

#include <chrono>
#include <string>

#include "actors/internal_interfaces.hpp"
#include "tests/integration/raw_server.hpp"
#include "tests/node/basp.hpp"
#include "tests/node/fixture.hpp"
#include "tests/simulator/socket_client.hpp"

/// Nodes and clients of different versions side by side.
namespace nexus::llm::test {

namespace version_test {

namespace {

const boost::unit_test::enable_if<messages_are_checked> checked;

/// How a node of another protocol refuses its clients.
enum class Refusal : std::uint8_t {
  plain,  ///< a code and a detail, as this version does
  whole,  ///< with all members of an `LLMError`, as earlier ones did
  silent, ///< not at all, or in a way that cannot be read
};

/// A node of another version in this process.
class OtherNode {
public:
  OtherNode(caf::actor_system& system, Refusal refusal) : system_{system} {
    actor_ = system.spawn([refusal](node_actor::pointer self) -> node_actor::behavior_type {
      return {[self, refusal](hello_atom, std::uint32_t) -> caf::result<NodeHello> {
        if (refusal == Refusal::silent)
          return self->make_response_promise<NodeHello>();
        return refusal == Refusal::plain
                   ? to_plain_error(ErrorCode::node_mismatch, "another protocol")
                   : to_caf_error({.code = ErrorCode::node_mismatch, .detail = "another protocol"});
      }};
    });
    port_ = publish(system, actor_, {"127.0.0.1", 0}).value();
  }
  ~OtherNode() {
    unpublish_actor(system_, caf::actor_cast<caf::strong_actor_ptr>(actor_), port_);
    anon_exit(actor_, caf::exit_reason::kill);
  }
  OtherNode(const OtherNode&) = delete;
  OtherNode& operator=(const OtherNode&) = delete;

  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

private:
  caf::actor_system& system_;
  node_actor actor_;
  std::uint16_t port_ = 0;
};

/// A client of another version, which asks the node for its actors. Returns the error that it gets.
class OtherClient {
public:
  explicit OtherClient(std::uint16_t port) : socket_{port} {}

  std::string refusal(std::uint32_t protocol) {
    const auto introduction = next();
    std::string_view payload{introduction.payload};
    // Behind the id of the node: the names of applications, then the actor that is published.
    payload.remove_prefix(basp::node_size);
    BOOST_REQUIRE(payload.front() == 1);
    payload.remove_prefix(2 + static_cast<std::size_t>(payload[1]));
    const auto published = basp::number_in(payload.substr(0, 8));
    const auto own = basp::node(protocol, 'v');
    socket_.send(basp::introduction(own).bytes());
    constexpr std::uint64_t asker = 77;
    constexpr std::uint64_t request = 1;
    socket_.send(basp::direct(published,
                              basp::message("@<>+@atom+@u32", basp::number(basp::atom("hello"), 8) +
                                                                  basp::number(protocol, 4)),
                              asker, request)
                     .bytes());
    for (;;)
      if (const auto packet = next();
          packet.header.operation == basp::direct_message && packet.header.receiver == asker)
        return packet.payload.substr(1);
  }

private:
  basp::Packet next() {
    BOOST_REQUIRE(socket_.read_bytes(read_ + basp::header_size));
    const auto header = basp::header_in(std::string_view{socket_.input()}.substr(read_));
    read_ += basp::header_size;
    BOOST_REQUIRE(socket_.read_bytes(read_ + header.payload));
    const basp::Packet packet{header, socket_.input().substr(read_, header.payload)};
    read_ += header.payload;
    return packet;
  }

  simulator::test::SocketClient socket_;
  std::size_t read_ = 0;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(versions, NodeFixture)

BOOST_AUTO_TEST_CASE(a_client_says_in_one_sentence_that_a_node_speaks_another_protocol) {
  for (const auto refusal : {Refusal::plain, Refusal::whole}) {
    const OtherNode other{*system, refusal};
    const auto outcome = run({"--connect", other.address(), "generate", "Count"});
    BOOST_TEST(outcome.code == 8);
    BOOST_TEST(outcome.out == "");
    BOOST_TEST(outcome.err == "error: The node " + other.address() +
                                  " speaks another protocol than this program. Install the same "
                                  "version of nexus-llm on both machines.\n");
  }
}

BOOST_AUTO_TEST_CASE(a_client_says_in_one_sentence_that_a_node_has_another_version_of_caf) {
  for (const auto version : {caf::io::basp::version - 1, caf::io::basp::version + 5}) {
    RawServer other{[version](int socket, std::size_t) {
      const basp::Packet introduction{{.operation = basp::server_handshake, .data = version},
                                      std::string(100, '?')};
      RawServer::write(socket, introduction.bytes());
      static_cast<void>(RawServer::read_head(socket));
    }};
    const auto address = other.url().substr(std::string_view{"http://"}.size());
    const auto outcome = run({"--connect", address, "generate", "Count"});
    BOOST_TEST(outcome.code == 8);
    BOOST_TEST(outcome.err == "error: The node " + address +
                                  " speaks another protocol than this program. Install the same "
                                  "version of nexus-llm on both machines.\n");
  }
}

BOOST_AUTO_TEST_CASE(a_node_whose_answer_cannot_be_read_is_given_up) {
  const OtherNode other{*system, Refusal::silent};
  const auto outcome = run({"--connect", other.address(), "generate", "Count"});
  BOOST_TEST(outcome.code != 0);
  BOOST_TEST(outcome.err.find(other.address()) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_client_of_any_other_protocol_is_told_so_and_the_node_serves_its_own,
                     *checked) {
  const auto remote = connect_client();
  for (const auto protocol : {std::uint32_t{0}, std::uint32_t{1}, node_protocol - 1,
                              node_protocol + 1, ~std::uint32_t{0}}) {
    const auto detail = "the client speaks protocol " + std::to_string(protocol) + ", the node " +
                        std::to_string(node_protocol);
    const auto code = static_cast<std::uint8_t>(ErrorCode::node_mismatch);
    BOOST_TEST((OtherClient{endpoint.port}.refusal(protocol) ==
                basp::message("@<>+@error",
                              basp::error(code, basp::message("@<>+@str", basp::text(detail))))),
               protocol);
  }
  LLMIntegration api{*system, remote->handles()};
  BOOST_TEST(api.generate("Count", AIRole::overseer).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace version_test

} // namespace nexus::llm::test
