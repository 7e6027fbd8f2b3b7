// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "config/node_address.hpp"
#include "tests/unit/support.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;

BOOST_AUTO_TEST_SUITE(node_address)

BOOST_AUTO_TEST_CASE(a_host_has_one_spelling) {
  for (const auto& [given, meant] :
       {std::pair{"LocalHost:1", "localhost:1"}, std::pair{"GPU-Box", "gpu-box:11435"},
        std::pair{"127.1:1", "127.0.0.1:1"}, std::pair{"[0:0::1]:1", "[::1]:1"},
        std::pair{"[::ffff:127.0.0.1]", "127.0.0.1:11435"}, std::pair{"0.0.0.0:1", "0.0.0.0:1"}}) {
    const auto endpoint = parse_endpoint(given);
    BOOST_REQUIRE_MESSAGE(endpoint, given);
    BOOST_TEST(endpoint->text() == meant);
  }
}

BOOST_AUTO_TEST_CASE(missing_parts_have_defaults) {
  for (const auto& [given, meant] :
       {std::pair{":7", "127.0.0.1:7"}, std::pair{"[::1]", "[::1]:11435"},
        std::pair{"::1", "[::1]:11435"}, std::pair{"box:0", "box:0"},
        std::pair{"[fe80::1]:65535", "[fe80::1]:65535"}}) {
    const auto endpoint = parse_endpoint(given);
    BOOST_REQUIRE_MESSAGE(endpoint, given);
    BOOST_TEST(endpoint->text() == meant);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_address_is_refused) {
  for (const char* wrong :
       {"", "box:", "[::1]:", "[::1]x80", "[::1", "[::1]80", "box:65536", "box:-1", "box:1x",
        "a b:1", "box/path:1", "http://box:1", "x[::1]", "]:1"}) {
    const auto endpoint = parse_endpoint(wrong);
    BOOST_TEST(!endpoint.has_value(), wrong);
    if (!endpoint)
      BOOST_TEST((endpoint.error().code == ErrorCode::invalid_argument));
  }
}

BOOST_AUTO_TEST_CASE(loopback_is_known_in_every_spelling_and_nothing_else_is) {
  for (const char* local :
       {"localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "ip6-localhost",
        "127.0.0.1", "127.1", "2130706433", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"})
    BOOST_TEST(is_loopback(local), local);
  for (const char* other : {"0.0.0.0", "::", "10.0.0.1", "box", "", "a.localhost", "localhost.evil",
                            "127.0.0.1.evil.example", "::ffff:10.0.0.1", "127.0.0.1 x"})
    BOOST_TEST(!is_loopback(other), other);
}

BOOST_AUTO_TEST_SUITE_END()
