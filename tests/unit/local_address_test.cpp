// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "config/base_url.hpp"
#include "config/local_address.hpp"
#include "tests/unit/child_process.hpp"
#include "tests/unit/support.hpp"
#include "tests/unit/temporary_directory.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;

BOOST_AUTO_TEST_SUITE(local_address)

namespace {

NumericAddress address_of(std::string_view text) {
  const auto address = parse_numeric_address(text);
  BOOST_REQUIRE_MESSAGE(address, text);
  return *address;
}

bool is_loopback_text(std::string_view text) {
  const auto address = address_of(text);
  return is_loopback_address(address.socket_address(), address.size);
}

bool is_local_text(std::string_view text) {
  const auto address = address_of(text);
  return is_local_address(address.socket_address(), address.size);
}

/// The addresses that the kernel lists for this machine, loopback left out.
std::vector<std::string> own_addresses() {
  std::vector<std::string> result;
  ifaddrs* list = nullptr;
  BOOST_REQUIRE(::getifaddrs(&list) == 0);
  for (const auto* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr)
      continue;
    std::array<char, 256> text{};
    const int family = entry->ifa_addr->sa_family;
    if ((family != AF_INET && family != AF_INET6) ||
        ::getnameinfo(entry->ifa_addr,
                      family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6), text.data(),
                      text.size(), nullptr, 0, NI_NUMERICHOST) != 0)
      continue;
    if (!is_loopback_text(text.data()))
      result.emplace_back(text.data());
  }
  ::freeifaddrs(list);
  return result;
}

} // namespace

BOOST_AUTO_TEST_CASE(loopback_is_known_in_every_form) {
  for (const auto* text : {"127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1", "127.1",
                           "2130706433", "0x7f.1", "0177.1"})
    BOOST_TEST(is_loopback_text(text), text);
  for (const auto* text : {"0.0.0.0", "10.1.2.3", "126.255.255.255", "128.0.0.1", "1.0.0.127",
                           "::", "::2", "fe80::1", "::ffff:10.0.0.1", "::127.0.0.1", "7f00::1"})
    BOOST_TEST(!is_loopback_text(text), text);
}

BOOST_AUTO_TEST_CASE(addresses_of_other_machines_are_not_local) {
  for (const auto* text : {"0.0.0.0", "8.8.8.8", "::", "2001:db8::77", "::ffff:8.8.8.8"})
    BOOST_TEST(!is_local_text(text), text);
}

BOOST_AUTO_TEST_CASE(the_addresses_of_the_interfaces_of_this_machine_are_local) {
  const auto own = own_addresses();
  if (own.empty())
    BOOST_TEST_MESSAGE("skipped: this machine has no address but loopback");
  for (const auto& text : own) {
    BOOST_TEST(is_local_text(text), text);
    BOOST_CHECK(place_of_host(text) == HostPlace::local);
    const bool v6 = contains(text, ":");
    if (!v6)
      BOOST_TEST(is_local_text("::ffff:" + text), text);
    auto host = text;
    if (const auto zone = host.find('%'); zone != std::string::npos)
      host.replace(zone, 1, "%25");
    const auto url = parse_base_url("http://" + (v6 ? "[" + host + "]" : host) + ":11434");
    BOOST_REQUIRE_MESSAGE(url, sentence_of(url));
    BOOST_TEST(url->host == text);
    BOOST_CHECK(parse_base_url(url->text()) == *url);
  }
}

BOOST_AUTO_TEST_CASE(other_families_and_cut_off_addresses_do_not_pass) {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  BOOST_TEST(!is_local_address(reinterpret_cast<const sockaddr&>(local), sizeof local));
  const auto loopback = address_of("127.0.0.1");
  BOOST_TEST(!is_local_address(loopback.socket_address(), loopback.size - 1));
  const auto loopback_6 = address_of("::1");
  BOOST_TEST(is_local_address(loopback_6.socket_address(), loopback_6.size));
  BOOST_TEST(!is_local_address(loopback_6.socket_address(), loopback_6.size - 1));
  BOOST_TEST(!is_loopback_address(loopback_6.socket_address(), sizeof(sockaddr_in)));
}

BOOST_AUTO_TEST_CASE(an_address_that_is_mapped_into_the_other_family_is_what_it_is_there) {
  const auto mapped = [](const char* text) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    BOOST_REQUIRE(::inet_pton(AF_INET6, text, &address.sin6_addr) == 1);
    return address;
  };
  const auto here = mapped("::ffff:127.0.0.1");
  BOOST_TEST(is_loopback_address(reinterpret_cast<const sockaddr&>(here), sizeof here));
  BOOST_TEST(is_local_address(reinterpret_cast<const sockaddr&>(here), sizeof here));
  const auto elsewhere = mapped("::ffff:8.8.8.8");
  BOOST_TEST(!is_loopback_address(reinterpret_cast<const sockaddr&>(elsewhere), sizeof elsewhere));
  BOOST_TEST(!is_local_address(reinterpret_cast<const sockaddr&>(elsewhere), sizeof elsewhere));
}

BOOST_AUTO_TEST_CASE(names_are_no_numeric_addresses) {
  for (const auto* text :
       {"", "localhost", "1.2.3.4.5", "127.0.0.1 x", "abc", "256.1.1.1", "::g", "1:2", "0x"})
    BOOST_TEST(!parse_numeric_address(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(a_host_has_one_spelling) {
  for (const auto& [given, meant] :
       {std::pair{"LocalHost.", "localhost"}, std::pair{"127.1", "127.0.0.1"},
        std::pair{"0:0:0::1", "::1"}, std::pair{"::ffff:127.0.0.1", "127.0.0.1"},
        std::pair{"localhost.localdomain", "localhost"}, std::pair{"ip6-loopback", "::1"},
        std::pair{"Box.Example", "box.example"}, std::pair{"x..", "x.."}}) {
    BOOST_TEST(canonical_host(given) == meant, given);
    BOOST_TEST(canonical_host(meant) == meant, meant);
  }
}

BOOST_AUTO_TEST_CASE(names_of_this_machine_are_known_without_a_name_server) {
  std::array<char, 256> own{};
  BOOST_REQUIRE(::gethostname(own.data(), own.size() - 1) == 0);
  for (const std::string& name :
       std::vector<std::string>{"localhost", "a.b.localhost", "localhost.localdomain", own.data()})
    BOOST_CHECK_MESSAGE(place_of_host(name) != HostPlace::elsewhere, name);
  for (const auto* name : {"example.com", "localhost.com", "evillocalhost", "local", ""})
    BOOST_CHECK_MESSAGE(place_of_host(name) == HostPlace::elsewhere, name);
}

BOOST_AUTO_TEST_CASE(without_a_list_of_its_interfaces_no_other_machine_is_taken_for_this_one) {
  const auto elsewhere = address_of("8.8.8.8");
  check_in_child([&] {
    if (!take_all_descriptors())
      return not_possible_here;
    return is_local_address(elsewhere.socket_address(), elsewhere.size) ? 1 : 0;
  });
}

BOOST_AUTO_TEST_CASE(a_name_in_the_hosts_file_is_where_all_of_its_addresses_are) {
  const auto own = own_addresses();
  std::string hosts = "# 8.8.8.8 commented\n"
                      "127.0.0.1\tbox  Box.Example # 8.8.8.8\n"
                      "::1 box\n"
                      "8.8.8.8 far\n"
                      "127.0.0.1 both\n"
                      "8.8.8.8 both\n"
                      "nonsense broken\n";
  if (!own.empty())
    hosts += own.front() + " here mixed\n127.0.0.1 mixed\n";
  const TemporaryDirectory directory;
  write_text(directory / "hosts", hosts);
  check_in_child([&] {
    if (!own_mounts() ||
        ::mount((directory / "hosts").c_str(), "/etc/hosts", nullptr, MS_BIND, nullptr) != 0)
      return not_possible_here;
    int row = 0;
    for (const auto& [name, place] :
         {std::pair{"box", HostPlace::loopback}, std::pair{"BOX.example", HostPlace::loopback},
          std::pair{"far", HostPlace::elsewhere}, std::pair{"both", HostPlace::elsewhere},
          std::pair{"broken", HostPlace::elsewhere}, std::pair{"commented", HostPlace::elsewhere},
          std::pair{"here", own.empty() ? HostPlace::elsewhere : HostPlace::local},
          std::pair{"mixed", own.empty() ? HostPlace::elsewhere : HostPlace::local}}) {
      ++row;
      if (place_of_host(name) != place)
        return row;
    }
    // What the hosts file does not have may be the name of this machine.
    if (::unshare(CLONE_NEWUTS) != 0 || ::sethostname("Hers.example", 12) != 0)
      return not_possible_here;
    if (place_of_host("hers") != HostPlace::local ||
        place_of_host("HERS.elsewhere") != HostPlace::local ||
        place_of_host("her") != HostPlace::elsewhere)
      return 100;
    if (::sethostname("h", 1) != 0 || place_of_host("h") != HostPlace::local)
      return 102;
    return ::sethostname("", 0) != 0 || place_of_host("") == HostPlace::elsewhere ? 0 : 101;
  });
}

BOOST_AUTO_TEST_SUITE_END()
