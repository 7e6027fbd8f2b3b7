#include <boost/test/unit_test.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "actors/ollama_client/loopback_guard.hpp"
#include "config/base_url.hpp"
#include "tests/unit/support.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;

namespace {

struct Accepted {
  const char* given;
  const char* meant;
};

void check_accepted(const Accepted& row, const Result<BaseUrl>& url) {
  BOOST_REQUIRE_MESSAGE(url, row.given << ": " << sentence_of(url));
  BOOST_TEST(url->text() == row.meant, row.given << " reads as " << url->text());
}

bool guard_accepts_v4(const char* text) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  BOOST_REQUIRE(inet_pton(AF_INET, text, &address.sin_addr) == 1);
  return is_loopback_address(reinterpret_cast<const sockaddr&>(address), sizeof address);
}

bool guard_accepts_v6(const char* text) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  BOOST_REQUIRE(inet_pton(AF_INET6, text, &address.sin6_addr) == 1);
  return is_loopback_address(reinterpret_cast<const sockaddr&>(address), sizeof address);
}

} // namespace

BOOST_AUTO_TEST_SUITE(base_url)

BOOST_AUTO_TEST_CASE(addresses_of_this_machine_are_accepted) {
  const Accepted rows[] = {
      {"http://localhost:11434", "http://localhost:11434"},
      {"http://127.0.0.1:11434/", "http://127.0.0.1:11434"},
      {"http://127.8.9.10", "http://127.8.9.10:80"},
      {"https://localhost", "https://localhost:443"},
      {"http://[::1]:11434", "http://[::1]:11434"},
      {"http://[::1]", "http://[::1]:80"},
      {"http://foo.localhost:1", "http://foo.localhost:1"},
      {"HTTP://LocalHost:65535", "http://LocalHost:65535"},
      {"http://localhost.:11434", "http://localhost.:11434"},
      {"http://localhost:11434/ollama//", "http://localhost:11434/ollama"},
  };
  for (const auto& row : rows)
    check_accepted(row, parse_base_url(row.given));
}

BOOST_AUTO_TEST_CASE(other_machines_are_refused_as_not_local) {
  for (const auto* text :
       {"http://0.0.0.0:11434", "http://10.1.2.3:11434", "http://192.168.0.1", "http://example.com",
        "http://localhost.evil.com", "http://evillocalhost", "http://127.0.0.1.evil.com",
        "http://127.1:11434", "http://2130706433", "http://0x7f000001", "http://128.0.0.1",
        "http://[::]:11434", "http://[fe80::1]", "http://[::2]", "http://localhost.."})
    BOOST_TEST(code_of(parse_base_url(text)) == ErrorCode::address_not_local, text);
}

BOOST_AUTO_TEST_CASE(what_is_no_plain_url_is_refused_as_a_wrong_value) {
  for (const auto* text : {"",
                           "localhost",
                           "localhost:11434",
                           "ftp://localhost",
                           "file:///etc/passwd",
                           "http://",
                           "http:///x",
                           "http://:11434",
                           "http://127.0.0.1@evil.com",
                           "http://user:pw@localhost:11434",
                           "http://user@localhost",
                           "http://localhost:99999",
                           "http://localhost:0",
                           "http://localhost:",
                           "http://localhost:-1",
                           "http://localhost:+80",
                           "http://localhost:80x",
                           "http://localhost?x=1",
                           "http://localhost/?x=1",
                           "http://localhost#x",
                           "http://localhost\\@evil.com",
                           "http://local host",
                           "http://localhost/a b",
                           "http://localhost\r\nX: y",
                           "http://[::1",
                           "http://[::1]x",
                           " http://localhost"})
    BOOST_TEST(code_of(parse_base_url(text)) == ErrorCode::config_value_invalid, text);
}

BOOST_AUTO_TEST_CASE(the_text_form_reads_as_the_same_url) {
  for (const auto* text : {"http://localhost:11434/a/b", "https://[::1]:1", "http://127.0.0.1"}) {
    const auto url = parse_base_url(text);
    BOOST_REQUIRE(url);
    BOOST_CHECK(parse_base_url(url->text()) == *url);
  }
}

BOOST_AUTO_TEST_CASE(the_sentence_says_which_address_it_is_about) {
  BOOST_TEST(contains(sentence_of(parse_base_url("http://example.com")), "http://example.com"));
  BOOST_TEST(contains(sentence_of(parse_base_url("nonsense")), "nonsense"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(ollama_host)

BOOST_AUTO_TEST_CASE(it_is_read_as_ollama_reads_it) {
  const Accepted rows[] = {
      {"", "http://127.0.0.1:11434"},
      {"  ", "http://127.0.0.1:11434"},
      {"127.0.0.5", "http://127.0.0.5:11434"},
      {"localhost", "http://localhost:11434"},
      {"localhost:1234", "http://localhost:1234"},
      {"::1", "http://[::1]:11434"},
      {"[::1]", "http://[::1]:11434"},
      {"[::1]:1337", "http://[::1]:1337"},
      {":1234", "http://127.0.0.1:1234"},
      {"0.0.0.0", "http://127.0.0.1:11434"},
      {"0.0.0.0:8080", "http://127.0.0.1:8080"},
      {"[::]", "http://[::1]:11434"},
      {"[::]:8080", "http://[::1]:8080"},
      {"http://localhost", "http://localhost:80"},
      {"https://localhost", "https://localhost:443"},
      {"http://localhost:4321", "http://localhost:4321"},
      {"https://localhost/ollama", "https://localhost:443/ollama"},
      {"localhost:4321/ollama/", "http://localhost:4321/ollama"},
      {"\"127.0.0.1\"", "http://127.0.0.1:11434"},
      {"'127.0.0.1:9'", "http://127.0.0.1:9"},
      {" 127.0.0.1 \n", "http://127.0.0.1:11434"},
      {"127.0.0.1:66000", "http://127.0.0.1:11434"},
      {"127.0.0.1:-1", "http://127.0.0.1:11434"},
      {":x", "http://127.0.0.1:11434"},
  };
  for (const auto& row : rows)
    check_accepted(row, parse_ollama_host(row.given));
}

BOOST_AUTO_TEST_CASE(a_port_out_of_range_gives_way_to_the_default_of_the_scheme) {
  check_accepted({"http://localhost:66000", "http://localhost:80"},
                 parse_ollama_host("http://localhost:66000"));
  check_accepted({"https://localhost:66000", "https://localhost:443"},
                 parse_ollama_host("https://localhost:66000"));
}

BOOST_AUTO_TEST_CASE(other_machines_are_refused) {
  for (const auto* text : {"1.2.3.4", "example.com", "ollama.com", "http://h", "https://h/ollama",
                           "10.0.0.1:11434", "[fe80::1]", "localhost.evil.com"})
    BOOST_TEST(code_of(parse_ollama_host(text)) == ErrorCode::address_not_local, text);
}

BOOST_AUTO_TEST_CASE(nonsense_is_refused) {
  for (const auto* text :
       {"ftp://localhost", "[::1", "user@localhost", "localhost?x", "local host"})
    BOOST_TEST(code_of(parse_ollama_host(text)) == ErrorCode::config_value_invalid, text);
}

BOOST_AUTO_TEST_CASE(whatever_is_accepted_is_a_base_url) {
  for (const auto* text : {"localhost", "[::]:1", "https://localhost/a/b", "localhost/a b",
                           "http://localhost/?x=1", "localhost/#x", "localhost/\r\nX: y"})
    if (const auto url = parse_ollama_host(text))
      BOOST_TEST(parse_base_url(url->text()).has_value(), text);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(loopback_guard)

BOOST_AUTO_TEST_CASE(socket_addresses_of_this_machine_pass) {
  BOOST_TEST(guard_accepts_v4("127.0.0.1"));
  BOOST_TEST(guard_accepts_v4("127.255.255.255"));
  BOOST_TEST(guard_accepts_v6("::1"));
  BOOST_TEST(guard_accepts_v6("::ffff:127.0.0.1"));
}

BOOST_AUTO_TEST_CASE(socket_addresses_elsewhere_do_not_pass) {
  for (const auto* text : {"0.0.0.0", "10.1.2.3", "126.255.255.255", "128.0.0.1", "1.0.0.127"})
    BOOST_TEST(!guard_accepts_v4(text), text);
  for (const auto* text : {"::", "::2", "fe80::1", "::ffff:10.0.0.1", "::127.0.0.1", "7f00::1"})
    BOOST_TEST(!guard_accepts_v6(text), text);
}

BOOST_AUTO_TEST_CASE(other_families_and_cut_off_addresses_do_not_pass) {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  BOOST_TEST(!is_loopback_address(reinterpret_cast<const sockaddr&>(local), sizeof local));
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  BOOST_TEST(!is_loopback_address(reinterpret_cast<const sockaddr&>(v4), sizeof v4 - 1));
}

BOOST_AUTO_TEST_SUITE_END()
