// SPDX-License-Identifier: BSD-3-Clause
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/test/unit_test.hpp>

#include <array>

#include "tests/node/cable.hpp"
#include "tests/node/fixture.hpp"

/// Clients that reach their node over a bad cable.
namespace nexus::llm::test {

namespace cable_test {

namespace {

using namespace std::chrono_literals;
constexpr auto overseer = AIRole::overseer;

struct BadCable : NodeFixture {
  BadCable() { simulator->set_reply("llama3.1:8b", "one two three"); }

  [[nodiscard]] std::unique_ptr<RemoteLLM> connect_over(const Cable& cable) {
    auto remote = RemoteLLM::connect(*system, {{"127.0.0.1", cable.port()}});
    BOOST_REQUIRE_MESSAGE(remote, (remote ? "" : log_line(remote.error())));
    return std::move(*remote);
  }
};

/// A port where connecting never ends, neither well nor badly.
class BlackHole {
public:
  BlackHole() : acceptor_{context_} {
    acceptor_.open(tcp::v4());
    acceptor_.bind({boost::asio::ip::address_v4::loopback(), 0});
    acceptor_.listen(0);
    for (auto& filler : fillers_) {
      filler.open(tcp::v4());
      // What Asio calls connecting would wait for its end.
      filler.native_non_blocking(true);
      const auto here = acceptor_.local_endpoint();
      static_cast<void>(
          ::connect(filler.native_handle(), here.data(), static_cast<socklen_t>(here.size())));
    }
  }

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
  using tcp = boost::asio::ip::tcp;
  boost::asio::io_context context_;
  tcp::acceptor acceptor_;
  std::array<tcp::socket, 3> fillers_{tcp::socket{context_}, tcp::socket{context_},
                                      tcp::socket{context_}};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(bad_cables, BadCable)

BOOST_AUTO_TEST_CASE(a_slow_cable_costs_time_and_nothing_else) {
  const Cable cable{endpoint.port, {.delay = 40ms}};
  const auto remote = connect_over(cable);
  caf::scoped_actor self{*system};
  using Pending = decltype(stream(self, *remote, "", stream_subscriber{}));
  std::vector<std::shared_ptr<Record>> records;
  std::vector<Pending> pending;
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 50; ++i) {
    records.push_back(std::make_shared<Record>());
    pending.push_back(
        stream(self, *remote, std::to_string(i), spawn_recorder(*system, records.back())));
  }
  for (auto& each : pending)
    BOOST_TEST(outcome_of(std::move(each)) == "answered");
  for (const auto& record : records) {
    BOOST_TEST(record->wait_until([](const Record& now) { return now.ends == 1; }));
    BOOST_TEST(record->text == "one two three");
    BOOST_TEST(record->in_order);
  }
  const auto taken = std::chrono::steady_clock::now() - begun;
  BOOST_TEST((taken >= 80ms));
  BOOST_TEST_MESSAGE("50 streams over a cable of 40 ms each way: "
                     << std::chrono::duration<double>{taken}.count() << " s");
}

BOOST_AUTO_TEST_CASE(messages_that_come_in_small_pieces_are_put_together) {
  std::string words;
  for (int i = 0; i < 500; ++i)
    words += "w" + std::to_string(i) + " ";
  simulator->set_reply("llama3.1:8b", words);
  const Cable cable{endpoint.port, {.piece = 7}};
  const auto remote = connect_over(cable);
  LLMIntegration api{*system, remote->handles()};
  BOOST_TEST(api.generate("Count", overseer).value().response == words);
}

BOOST_AUTO_TEST_CASE(a_message_that_takes_longer_than_silence_may_last_arrives) {
  // 80 kB in a second.
  const Cable cable{endpoint.port, {.piece = 16u << 10, .pause = 200ms}};
  const auto remote = connect_over(cable);
  LLMIntegration api{*system, remote->handles()};
  const auto begun = std::chrono::steady_clock::now();
  BOOST_TEST(api.generate(std::string(1u << 20, 'x'), overseer).has_value());
  BOOST_TEST((std::chrono::steady_clock::now() - begun > 11s));
  BOOST_TEST(cable.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(a_machine_that_does_not_answer_holds_nobody_up) {
  // Who connects to a full queue of the system hears nothing.
  const BlackHole hole;
  const auto begun = std::chrono::steady_clock::now();
  auto both = RemoteLLM::connect(*system, {{"127.0.0.1", hole.port()}, endpoint});
  BOOST_REQUIRE(both);
  LLMIntegration api{*system, (*both)->handles()};
  BOOST_TEST(api.generate("Count", overseer).value().response == "one two three");
  BOOST_TEST((std::chrono::steady_clock::now() - begun < 10s));
  both->reset();
  const ClientSystem other;
  const auto none = connect(*other.system, "127.0.0.1", hole.port());
  BOOST_REQUIRE(!none);
  BOOST_TEST(to_string(none.error().code) == "node_unreachable");
}

BOOST_AUTO_TEST_CASE(a_cable_that_is_dead_for_a_moment_loses_nothing) {
  simulator->inject(Fault::stall_after_lines(2, 300ms));
  Cable cable{endpoint.port, {}};
  const auto remote = connect_over(cable);
  caf::scoped_actor self{*system};
  const auto record = std::make_shared<Record>();
  auto pending = stream(self, *remote, "a", spawn_recorder(*system, record));
  BOOST_REQUIRE(record->wait_until([](const Record& now) { return now.chunks == 2; }));
  cable.hold();
  // The rest of the answer comes while nothing passes, and heartbeats are missed.
  BOOST_REQUIRE(wait_until([](const auto& now) { return now.answered == 2; }));
  self->receive(caf::after(3s) >> [] {});
  BOOST_TEST(record->chunks == 2u);
  cable.mend();
  BOOST_TEST(outcome_of(std::move(pending)) == "answered");
  BOOST_TEST(record->wait_until([](const Record& now) { return now.ends == 1; }));
  BOOST_TEST(record->text == "one two three");
  BOOST_TEST(cable.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_reset_in_mid_stream_ends_the_stream_and_is_made_again) {
  simulator->inject(Fault::stall_after_lines(2));
  Cable cable{endpoint.port, {}};
  const auto remote = connect_over(cable);
  caf::scoped_actor self{*system};
  const auto record = std::make_shared<Record>();
  auto pending = stream(self, *remote, "a", spawn_recorder(*system, record));
  BOOST_REQUIRE(record->wait_until([](const Record& now) { return now.chunks == 2; }));
  cable.cut();
  BOOST_TEST(outcome_of(std::move(pending)) == "node_lost");
  BOOST_TEST(record->wait_until([](const Record& now) { return now.ends == 1; }));
  BOOST_TEST(record->text == "one two");
  // The node, which has not died, frees its Ollama of what nobody waits for.
  BOOST_TEST(wait_until([](const auto& now) { return now.disconnects_seen == 1; }));
  LLMIntegration api{*system, remote->handles()};
  BOOST_TEST(api.generate("Count", overseer).value().response == "one two three");
  BOOST_TEST(cable.connections() == 2u);
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_reset_before_anything_was_seen_is_not_noticed) {
  simulator->inject(Fault::stall_before_response());
  Cable cable{endpoint.port, {}};
  const auto remote = connect_over(cable);
  caf::scoped_actor self{*system};
  const auto record = std::make_shared<Record>();
  auto pending = stream(self, *remote, "a", spawn_recorder(*system, record));
  BOOST_REQUIRE(wait_until([](const auto& now) { return now.stalls_begun == 1; }));
  // The node is alive, and at work on a request of this id, when it comes again.
  cable.cut();
  BOOST_TEST(outcome_of(std::move(pending)) == "answered");
  BOOST_TEST(record->wait_until([](const Record& now) { return now.ends == 1; }));
  BOOST_TEST(record->text == "one two three");
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_reset_while_nothing_happens_is_made_again) {
  Cable cable{endpoint.port, {}};
  const auto remote = connect_over(cable);
  LLMIntegration api{*system, remote->handles()};
  for (int round = 0; round < 5; ++round) {
    cable.cut();
    BOOST_TEST(api.generate("Count", overseer).value().response == "one two three");
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace cable_test

} // namespace nexus::llm::test
