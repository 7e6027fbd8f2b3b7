// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "messages/peer_guard.hpp"
#include "tests/node/basp.hpp"

namespace nexus::llm::test {

namespace peer_guard_test {

namespace {

const std::string own = basp::node(1, 'n');
const std::string peer = basp::node(2, 'p');
const std::string third = basp::node(3, 't');

PeerGuard guard_of(PeerGuard::Peer side) {
  return {side, own,
          std::make_shared<const PeerGuard::TypeNames>(
              PeerGuard::TypeNames{"nexus::llm::LLMError", "nexus::llm::LLMRequest"})};
}

/// Why a packet is refused; empty where it is not.
std::string refusal(PeerGuard& guard, const basp::Packet& packet) {
  const auto bytes = packet.bytes();
  const std::string_view all{bytes};
  auto reason = guard.take(all.substr(0, PeerGuard::header_size));
  if (!reason && all.size() > PeerGuard::header_size)
    reason = guard.take(all.substr(PeerGuard::header_size));
  return std::string{reason.value_or("")};
}

/// The same for a client that has introduced itself.
std::string refusal_of_client(const basp::Packet& packet) {
  auto guard = guard_of(PeerGuard::Peer::client);
  BOOST_TEST(refusal(guard, basp::introduction(peer)) == "");
  return refusal(guard, packet);
}

std::string refusal_of_message(std::string_view types, std::string_view values = {}) {
  return refusal_of_client(basp::direct(7, basp::message(types, values)));
}

basp::Packet news(basp::Operation operation, const std::string& from, const std::string& to,
                  const std::string& more = {}) {
  return {.header = {.operation = operation, .sender = 5, .receiver = 0},
          .payload = from + to + more};
}

constexpr auto unknown_type = "a message with a type that nodes do not exchange";

} // namespace

BOOST_AUTO_TEST_SUITE(peer_guard)

BOOST_AUTO_TEST_CASE(a_client_introduces_itself_twice_and_no_more) {
  auto guard = guard_of(PeerGuard::Peer::client);
  BOOST_TEST(refusal(guard, basp::introduction(peer)) == "");
  BOOST_TEST(refusal(guard, basp::introduction(peer, basp::select_connection)) == "");
  BOOST_TEST(refusal(guard, basp::introduction(peer)) == "too many introductions");
}

BOOST_AUTO_TEST_CASE(a_client_stays_who_it_is) {
  BOOST_TEST(refusal_of_client(basp::introduction(third)) == "an introduction by another id");
}

BOOST_AUTO_TEST_CASE(an_introduction_is_an_id_and_nothing_else) {
  auto refused = [](const std::string& id) {
    auto guard = guard_of(PeerGuard::Peer::client);
    return refusal(guard, basp::introduction(id));
  };
  BOOST_TEST(refused(peer.substr(0, 31)) == "an introduction without an id");
  BOOST_TEST(refused(basp::number(0, 8)) == "an introduction without an id");
  BOOST_TEST(refused(basp::number(basp::atom("uri"), 8) + peer.substr(8)) ==
             "an introduction without an id");
  BOOST_TEST(refused(peer + "x") == "an introduction that says too much");
  BOOST_TEST(refused("") == "a message that says nothing");
}

BOOST_AUTO_TEST_CASE(the_server_introduces_itself_once) {
  const basp::Packet introduction{.header = {.operation = basp::server_handshake, .data = 3},
                                  .payload = peer + "its application and its actor"};
  auto guard = guard_of(PeerGuard::Peer::server);
  BOOST_TEST(refusal(guard, introduction) == "");
  BOOST_TEST(refusal(guard, introduction) == "a second introduction");
  auto other = guard_of(PeerGuard::Peer::server);
  BOOST_TEST(refusal(other, basp::introduction(peer)) == "the introduction of the other side");
  auto client = guard_of(PeerGuard::Peer::client);
  BOOST_TEST(refusal(client, introduction) == "the introduction of the other side");
}

BOOST_AUTO_TEST_CASE(nothing_is_said_before_the_introduction) {
  for (const auto operation : {basp::direct_message, basp::monitor_message, basp::down_message,
                               basp::heartbeat, basp::routed_message}) {
    auto guard = guard_of(PeerGuard::Peer::client);
    BOOST_TEST(refusal(guard, {.header = {.operation = operation}, .payload = "x"}) ==
               "a message before its introduction");
  }
}

BOOST_AUTO_TEST_CASE(messages_hold_types_that_are_known_and_flat) {
  BOOST_TEST(refusal_of_message("@<>") == "");
  BOOST_TEST(refusal_of_message("@<>+@atom+@u32", "any values") == "");
  BOOST_TEST(refusal_of_message("@<>+@atom+nexus::llm::LLMRequest") == "");
  for (const auto* types :
       {"@<>+@charbuf", "@<>+@message", "@<>+@exit", "@<>+@down", "@<>+@config_value", "@<>+@group",
        "@<>+@atom+@error", "@<>+@error+@atom", "@<>+@new_data_msg", "@<>+", "@<>++", "@<>+@atom+",
        "@<>@atom", "@<>+nexus::llm::Unknown", "@<>+@atom @u32", "@<>+float", "@<>+double",
        "@<>+@ldouble"})
    BOOST_TEST(refusal_of_message(types) == unknown_type, types);
  for (const auto* types : {"", "@", "@atom", "+@atom", "x@<>"})
    BOOST_TEST(refusal_of_message(types) == "a message without types", types);
  BOOST_TEST(refusal_of_message("@<>+@atom+@strong_actor_ptr") == unknown_type);
  BOOST_TEST(refusal_of_message("@<>+@atom+@str+@strong_actor_ptr+@str") == "");
}

BOOST_AUTO_TEST_CASE(an_error_answers_something) {
  const auto error = basp::message("@<>+@error", basp::error(46, basp::message("@<>", {})));
  BOOST_TEST(refusal_of_client(basp::direct(7, error, 1, basp::response | 1)) == "");
  BOOST_TEST(refusal_of_client(basp::direct(7, error, 1, 1)) == "an error that answers nothing");
  BOOST_TEST(refusal_of_client(basp::direct(7, error)) == "an error that answers nothing");
}

BOOST_AUTO_TEST_CASE(an_error_holds_no_error) {
  auto with = [](std::string_view types) {
    return refusal_of_client(
        basp::direct(7, basp::message("@<>+@error", basp::error(46, basp::message(types, {}))), 1,
                     basp::response | 1));
  };
  BOOST_TEST(with("@<>") == "");
  BOOST_TEST(with("@<>+@str") == "");
  BOOST_TEST(with("@<>+nexus::llm::LLMError") == "");
  BOOST_TEST(with("@<>+@error") == unknown_type);
  BOOST_TEST(with("@<>+@message") == unknown_type);
  BOOST_TEST(refusal_of_client(basp::direct(7, basp::message("@<>+@error", "x"), 1,
                                            basp::response | 1)) == "an error that is cut");
}

BOOST_AUTO_TEST_CASE(news_of_actors_are_by_the_peer_and_for_this_node) {
  const auto reason = basp::error(1, basp::message("@<>", {}));
  BOOST_TEST(refusal_of_client(news(basp::monitor_message, peer, own)) == "");
  BOOST_TEST(refusal_of_client(news(basp::down_message, peer, own, reason)) == "");
  for (const auto& [from, to] : {std::pair{third, own}, std::pair{peer, third}}) {
    BOOST_TEST(refusal_of_client(news(basp::monitor_message, from, to)) == "news of another node");
    BOOST_TEST(refusal_of_client(news(basp::down_message, from, to, reason)) ==
               "news of another node");
  }
  BOOST_TEST(refusal_of_client(news(basp::monitor_message, peer, own, "x")) ==
             "news that say too much");
  BOOST_TEST(refusal_of_client(news(basp::down_message, peer, own)) == "an error that is cut");
  const auto nested = basp::error(1, basp::message("@<>+@error", reason));
  BOOST_TEST(refusal_of_client(news(basp::down_message, peer, own, nested)) == unknown_type);
}

BOOST_AUTO_TEST_CASE(of_named_services_only_the_first_question_of_nodes_is_answered) {
  auto to = [](std::string_view name, std::string_view types) {
    auto packet = basp::direct(basp::atom(name), basp::message(types, {}));
    packet.header.flags = basp::named_receiver;
    return refusal_of_client(packet);
  };
  BOOST_TEST(to("SpawnServ", "@<>+@atom+@atom+@str") == "");
  BOOST_TEST(to("SpawnServ", "@<>+@atom+@str") == "a question that is not answered");
  BOOST_TEST(to("ConfigServ", "@<>+@atom+@atom+@str") ==
             "a message to a service that is not offered");
}

BOOST_AUTO_TEST_CASE(messages_are_of_no_stream_of_CAF) {
  const auto content = basp::message("@<>+@atom", {});
  for (const std::uint64_t category : {0u, 1u, 2u, 3u})
    BOOST_TEST(refusal_of_client(basp::direct(7, content, 1, category << 60)) ==
               (category < 2 ? "" : "a message of a stream of CAF"));
}

BOOST_AUTO_TEST_CASE(messages_are_not_passed_on) {
  BOOST_TEST(refusal_of_client({.header = {.operation = basp::routed_message, .receiver = 1},
                                .payload = peer + own}) ==
             "a message of a kind that nodes do not exchange");
  BOOST_TEST(refusal_of_client({.header = {.operation = basp::direct_message, .receiver = 1},
                                .payload = basp::length(1)}) ==
             "a message that others are to pass on");
}

BOOST_AUTO_TEST_CASE(what_is_cut_or_odd_is_refused) {
  BOOST_TEST(refusal_of_client({.header = {.operation = basp::heartbeat}}) == "");
  BOOST_TEST(refusal_of_client({.header = {.operation = basp::heartbeat}, .payload = "x"}) ==
             "a heartbeat that says something");
  BOOST_TEST(refusal_of_client({.header = {.operation = 7}, .payload = "x"}) ==
             "a message of a kind that nodes do not exchange");
  const auto whole = basp::direct(7, basp::message("@<>+@atom", {}));
  for (std::size_t size = 1; size < whole.payload.size(); ++size)
    BOOST_TEST(
        refusal_of_client({.header = whole.header, .payload = whole.payload.substr(0, size)}) ==
        "a message that is cut");
  auto endless = basp::direct(7, {});
  endless.payload += std::string("\0\0", 2) + std::string(20, '\xff');
  BOOST_TEST(refusal_of_client(endless) == "a message that is cut");
  auto guard = guard_of(PeerGuard::Peer::client);
  BOOST_TEST(guard.take("short").value_or("") == "a header of another size");
}

BOOST_AUTO_TEST_CASE(a_payload_has_the_size_that_was_announced) {
  auto guard = guard_of(PeerGuard::Peer::client);
  const auto bytes = basp::introduction(peer).bytes();
  BOOST_TEST(!guard.take(std::string_view{bytes}.substr(0, PeerGuard::header_size)));
  BOOST_TEST(guard.take(peer.substr(1)).value_or("") == "a message of another size than announced");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace peer_guard_test

} // namespace nexus::llm::test
