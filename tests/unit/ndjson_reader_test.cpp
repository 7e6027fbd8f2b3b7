// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <vector>

#include "actors/ollama_client/ndjson_reader.hpp"

using namespace nexus::llm;
using Lines = std::vector<std::string>;

BOOST_AUTO_TEST_SUITE(ndjson_reader)

namespace {

struct Reading {
  NdjsonReader reader;
  Lines lines;

  explicit Reading(std::size_t limit = 1000) : reader{limit} {}
  bool feed(std::string_view bytes) {
    return reader.feed(bytes, [this](std::string_view line) {
      lines.emplace_back(line);
      return true;
    });
  }
  bool finish() {
    return reader.finish([this](std::string_view line) {
      lines.emplace_back(line);
      return true;
    });
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(lines_are_the_same_wherever_the_bytes_are_split) {
  const std::string bytes = "{\"a\":1}\n{\"b\":\"caf\xC3\xA9\"}\r\n\n  \t\n{\"c\":3}";
  const Lines expected{"{\"a\":1}", "{\"b\":\"caf\xC3\xA9\"}", "{\"c\":3}"};
  for (std::size_t first = 0; first <= bytes.size(); ++first)
    for (std::size_t second = first; second <= bytes.size(); ++second) {
      Reading reading;
      BOOST_REQUIRE(reading.feed(bytes.substr(0, first)));
      BOOST_REQUIRE(reading.feed(bytes.substr(first, second - first)));
      BOOST_REQUIRE(reading.feed(bytes.substr(second)));
      BOOST_REQUIRE(reading.finish());
      BOOST_REQUIRE(reading.lines == expected);
    }
}

BOOST_AUTO_TEST_CASE(a_line_is_delivered_as_soon_as_its_break_came) {
  Reading reading;
  BOOST_TEST(reading.feed("one"));
  BOOST_TEST(reading.lines.empty());
  BOOST_TEST(reading.feed("\ntwo"));
  BOOST_CHECK(reading.lines == Lines{"one"});
}

BOOST_AUTO_TEST_CASE(a_line_of_the_greatest_length_passes_and_a_longer_one_does_not) {
  for (const bool with_break : {true, false}) {
    const std::string end = with_break ? "\n" : "";
    Reading fits{5};
    BOOST_TEST(fits.feed("12345" + end));
    BOOST_TEST(!fits.reader.line_too_long());
    Reading too_long{5};
    BOOST_TEST(!too_long.feed("123456" + end));
    BOOST_TEST(too_long.reader.line_too_long());
    BOOST_TEST(too_long.lines.empty());
  }
}

BOOST_AUTO_TEST_CASE(a_line_that_grows_too_long_in_pieces_is_refused) {
  Reading reading{5};
  BOOST_TEST(reading.feed("x\n123"));
  BOOST_TEST(!reading.feed("456"));
  BOOST_TEST(reading.reader.line_too_long());
  BOOST_CHECK(reading.lines == Lines{"x"});
}

BOOST_AUTO_TEST_CASE(the_receiver_can_stop_the_reading) {
  NdjsonReader reader{100};
  int calls = 0;
  auto stop = [&calls](std::string_view) { return ++calls < 2; };
  BOOST_TEST(!reader.feed("a\nb\nc\n", stop));
  BOOST_TEST(calls == 2);
  BOOST_TEST(!reader.line_too_long());
}

BOOST_AUTO_TEST_CASE(finishing_delivers_the_rest_once) {
  Reading reading;
  BOOST_TEST(reading.feed("a\nrest\r"));
  BOOST_TEST(reading.finish());
  BOOST_TEST(reading.finish());
  const Lines expected{"a", "rest"};
  BOOST_CHECK(reading.lines == expected);
}

BOOST_AUTO_TEST_SUITE_END()
