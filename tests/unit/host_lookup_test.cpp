// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/file_io.hpp"
#include "config/host_lookup.hpp"
#include "tests/unit/support.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;

BOOST_AUTO_TEST_SUITE(host_lookup)

BOOST_AUTO_TEST_CASE(a_host_without_an_address_is_named) {
  BOOST_TEST(host_fault("localhost") == "");
  BOOST_TEST(host_fault("127.0.0.1") == "");
  BOOST_TEST(contains(host_fault("no-such-host.invalid"), "`no-such-host.invalid` is unknown"));
}

BOOST_AUTO_TEST_CASE(a_port_in_use_and_an_address_of_another_machine_are_told) {
  BOOST_TEST(listen_fault({.host = "127.0.0.1", .port = 0}) == "");
  FileDescriptor socket{::socket(AF_INET, SOCK_STREAM, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  constexpr int on = 1;
  BOOST_REQUIRE(::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
  BOOST_REQUIRE(::bind(socket.get(), generic, size) == 0);
  BOOST_REQUIRE(::listen(socket.get(), 1) == 0);
  BOOST_REQUIRE(::getsockname(socket.get(), generic, &size) == 0);
  const auto port = ntohs(address.sin_port);
  BOOST_TEST(listen_fault({.host = "127.0.0.1", .port = port}) ==
             "port " + std::to_string(port) + " is in use already");
  // Once nobody listens any more, it is free, even while a last connection is ending.
  {
    const FileDescriptor client{::socket(AF_INET, SOCK_STREAM, 0)};
    BOOST_REQUIRE(::connect(client.get(), generic, size) == 0);
    // The side that closes first waits for what may still be under way.
    ::close(::accept(socket.get(), nullptr, nullptr));
    char end = 0;
    BOOST_TEST(::read(client.get(), &end, 1) == 0);
  }
  socket = FileDescriptor{};
  BOOST_TEST(listen_fault({.host = "127.0.0.1", .port = port}) == "");
  // A documentation address: no machine has it.
  BOOST_TEST(listen_fault({.host = "192.0.2.7", .port = 0}) ==
             "`192.0.2.7` is no address of this machine");
  BOOST_TEST(contains(listen_fault({.host = "no-such-host.invalid", .port = 1}), "is unknown"));
}

BOOST_AUTO_TEST_SUITE_END()
