// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "config/base_url.hpp"
#include "tests/unit/support.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;

namespace base_url_test {

namespace {

struct Accepted {
  const char* given;
  const char* meant;
};

void check_accepted(const Accepted& row, const Result<BaseUrl>& url) {
  BOOST_REQUIRE_MESSAGE(url, row.given << ": " << sentence_of(url));
  BOOST_TEST(url->text() == row.meant, row.given << " reads as " << url->text());
}

} // namespace

BOOST_AUTO_TEST_SUITE(base_url)

BOOST_AUTO_TEST_CASE(addresses_of_this_machine_are_accepted_in_one_form) {
  const Accepted rows[] = {
      {"http://localhost:11434", "http://localhost:11434"},
      {"http://127.0.0.1:11434/", "http://127.0.0.1:11434"},
      {"http://127.8.9.10", "http://127.8.9.10:80"},
      {"https://localhost", "https://localhost:443"},
      {"http://[::1]:11434", "http://[::1]:11434"},
      {"http://[::1]", "http://[::1]:80"},
      {"http://foo.localhost:1", "http://foo.localhost:1"},
      {"HTTP://LocalHost:65535", "http://localhost:65535"},
      {"http://localhost.:11434", "http://localhost:11434"},
      {"http://localhost:011434", "http://localhost:11434"},
      {"http://localhost:", "http://localhost:80"},
      {" http://localhost:1 \n", "http://localhost:1"},
      {"http://localhost:11434//", "http://localhost:11434"},
      {"http://localhost:11434/Ollama//", "http://localhost:11434/Ollama"},
      {"http://localhost/a/../b/./c/", "http://localhost:80/b/c"},
      {"http://0.0.0.0:11434", "http://127.0.0.1:11434"},
      {"http://0:11434", "http://127.0.0.1:11434"},
      {"http://[::]:11434", "http://[::1]:11434"},
      {"http://[0:0::0:1]:1", "http://[::1]:1"},
      {"http://[::FFFF:127.0.0.1]:1", "http://127.0.0.1:1"},
      {"http://127.1:11434", "http://127.0.0.1:11434"},
      {"http://2130706433", "http://127.0.0.1:80"},
      {"http://0x7f000001", "http://127.0.0.1:80"},
      {"http://0177.0.0.1:1", "http://127.0.0.1:1"},
      {"http://localhost.localdomain:1", "http://localhost:1"},
      {"http://localhost4:1", "http://localhost:1"},
      {"http://IP6-localhost:1", "http://[::1]:1"},
      {"http://[::1%25lo]:1", "http://[::1%25lo]:1"},
      {"http://[::1%lo]:1", "http://[::1%25lo]:1"},
  };
  for (const auto& row : rows)
    check_accepted(row, parse_base_url(row.given));
}

BOOST_AUTO_TEST_CASE(a_missing_scheme_is_http_with_the_port_of_ollama) {
  const Accepted rows[] = {
      {"localhost", "http://localhost:11434"},
      {"localhost:8080", "http://localhost:8080"},
      {"127.0.0.1/prefix/", "http://127.0.0.1:11434/prefix"},
      {"::1", "http://[::1]:11434"},
      {"[::1]:1", "http://[::1]:1"},
      {"0.0.0.0", "http://127.0.0.1:11434"},
  };
  for (const auto& row : rows)
    check_accepted(row, parse_base_url(row.given));
}

BOOST_AUTO_TEST_CASE(other_machines_are_refused_as_not_local) {
  for (const auto* text :
       {"http://8.8.8.8:11434", "http://255.255.255.255", "http://example.com",
        "http://localhost.evil.com", "http://evillocalhost", "http://127.0.0.1.evil.com",
        "http://128.0.0.1", "http://134744072", "http://[2001:db8::2]", "http://[::2]",
        "http://[::ffff:8.8.8.8]", "http://localhost..", "http://localhost\\.evil.com",
        "example.com:11434", "http://[fe80::1%25nowhere]"})
    BOOST_TEST(!parse_base_url(text), text);
  for (const auto* text : {"http://8.8.8.8:11434", "example.com", "http://[::2]"})
    BOOST_TEST(code_of(parse_base_url(text)) == ErrorCode::address_not_local, text);
}

BOOST_AUTO_TEST_CASE(what_is_no_plain_url_is_refused_as_a_wrong_value) {
  for (const auto* text : {"",
                           "ftp://localhost",
                           "file:///etc/passwd",
                           "http://",
                           "http:///x",
                           "http://:11434",
                           "http://127.0.0.1@evil.com",
                           "http://user:pw@localhost:11434",
                           "http://user@localhost",
                           "user@localhost",
                           "http://localhost:99999",
                           "http://localhost:0",
                           "http://localhost:-1",
                           "http://localhost:+80",
                           "http://localhost:80x",
                           "http://localhost?x=1",
                           "http://localhost/?x=1",
                           "http://localhost?",
                           "http://localhost#x",
                           "http://localhost\\@evil.com",
                           "http://local host",
                           "http://localhost/a b",
                           "http://localhost\r\nX: y",
                           "http://[::1",
                           "http://[::1]x",
                           "[::1]x80",
                           "http://[::1]x80",
                           "local%host",
                           "http://local%25host",
                           "127.0.0.1%",
                           "localhost%lo",
                           "a%b.localhost"})
    BOOST_TEST(code_of(parse_base_url(text)) == ErrorCode::config_value_invalid, text);
  BOOST_TEST(code_of(parse_base_url(std::string{"http://localhost\0x", 18})) ==
             ErrorCode::config_value_invalid);
}

BOOST_AUTO_TEST_CASE(the_sentence_says_what_is_wrong_and_shows_no_password) {
  for (const auto& [text, word] :
       {std::pair{"http://me:geheim@localhost", "user name"},
        std::pair{"http://localhost/?x", "query"}, std::pair{"http://localhost:70000", "port"},
        std::pair{"ftp://localhost", "http://"}}) {
    const auto sentence = sentence_of(parse_base_url(text));
    BOOST_TEST(contains(sentence, word), sentence);
    BOOST_TEST(!contains(sentence, "geheim"), sentence);
  }
  for (const auto* text : {"http://me:geheim@host", "me:geheim@host", "http://me:geheim@local host",
                           "me:geheim@", "http://me:geheim@localhost:99999"}) {
    BOOST_TEST(code_of(parse_ollama_host(text)) == ErrorCode::config_value_invalid, text);
    BOOST_TEST(!contains(sentence_of(parse_ollama_host(text)), "geheim"), text);
    BOOST_TEST(!contains(base_url_fault(text), "geheim"), text);
  }
  BOOST_TEST(base_url_fault("http://localhost") == "");
  BOOST_TEST(!contains(base_url_fault("http://me:geheim@localhost"), "geheim"));
  BOOST_TEST(contains(base_url_fault("http://example.com"), "on this machine"));
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
      {"localhost:4321/v1", "http://localhost:4321/v1"},
      {"http://localhost:4321/api/", "http://localhost:4321"},
      {"http://localhost:4321/ollama//api//", "http://localhost:4321/ollama"},
      {"http://localhost:4321/myapi", "http://localhost:4321/myapi"},
      {"\"127.0.0.1\"", "http://127.0.0.1:11434"},
      {"'127.0.0.1:9'", "http://127.0.0.1:9"},
      {" 127.0.0.1 \n", "http://127.0.0.1:11434"},
      {"127.0.0.1:66000", "http://127.0.0.1:11434"},
      {"127.0.0.1:-1", "http://127.0.0.1:11434"},
      {":x", "http://127.0.0.1:11434"},
      {"http://:1234", "http://127.0.0.1:1234"},
      {"HTTP://LOCALHOST:1234/", "http://localhost:1234"},
      {"localhost.localdomain", "http://localhost:11434"},
      {"127.1:1234", "http://127.0.0.1:1234"},
      {"[::ffff:127.0.0.1]:1234", "http://127.0.0.1:1234"},
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
                           "8.8.8.8:11434", "[2001:db8::2]", "localhost.evil.com"})
    BOOST_TEST(code_of(parse_ollama_host(text)) == ErrorCode::address_not_local, text);
}

BOOST_AUTO_TEST_CASE(nonsense_is_refused) {
  for (const auto* text :
       {"ftp://localhost", "[::1", "user@localhost", "localhost?x", "local host"})
    BOOST_TEST(code_of(parse_ollama_host(text)) == ErrorCode::config_value_invalid, text);
}

BOOST_AUTO_TEST_CASE(whatever_is_accepted_is_a_base_url) {
  for (const auto* text :
       {"localhost", "[::]:1", "https://localhost/a/b", "localhost/a/../b", "127.0.0.1:99999"}) {
    const auto url = parse_ollama_host(text);
    BOOST_REQUIRE_MESSAGE(url, text);
    BOOST_CHECK(parse_base_url(url->text()) == *url);
  }
  for (const auto* text : {"localhost/a b", "http://localhost/?x=1", "localhost/#x",
                           "localhost/\r\nX: y", "[::1]x80", "http://[::1]x80", "localhost%lo"})
    BOOST_TEST(code_of(parse_ollama_host(text)) == ErrorCode::config_value_invalid, text);
}

BOOST_AUTO_TEST_CASE(an_invalid_port_is_the_default_or_an_error) {
  BOOST_TEST(parse_ollama_host("localhost:99999")->text() == "http://localhost:11434");
  const auto wrong = parse_ollama_host("localhost:99999", InvalidPort::is_error);
  BOOST_TEST(code_of(wrong) == ErrorCode::config_value_invalid);
  BOOST_TEST(contains(sentence_of(wrong), "a port from 1 to 65535"), sentence_of(wrong));
  BOOST_TEST(parse_ollama_host(":4711", InvalidPort::is_error)->text() == "http://127.0.0.1:4711");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace base_url_test
