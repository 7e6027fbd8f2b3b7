// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "config/ollama_options.hpp"
#include "tests/unit/support.hpp"

using namespace nexus::llm;
using namespace nexus::llm::test;

BOOST_AUTO_TEST_SUITE(ollama_options)

namespace {

std::string sent(std::string_view keep_alive) {
  json::Document document;
  return json::to_text(keep_alive_value(keep_alive, document.GetAllocator()));
}

std::string fault_of(std::string_view options) { return check_options(*json::parse(options)); }

} // namespace

BOOST_AUTO_TEST_CASE(durations_and_plain_numbers_are_valid_keep_alives) {
  for (const auto* text : {"5m", "1h30m", "300ms", "-1s", "0", "-1", "10", "2.5", "1.5h", ".5s",
                           "0s", "3us", "3\xC2\xB5s", "3ns", "+5m", "-1h"})
    BOOST_TEST(is_valid_keep_alive(text), text);
}

BOOST_AUTO_TEST_CASE(other_texts_are_no_keep_alives) {
  for (const auto* text : {"", " ", "abc", "m", "5 m", "5m ", "5d", "5m3", "-", "+", ".", ".s",
                           "1.2.3s", "inf", "nan", "1e999", "--5m", "true", "0x10"})
    BOOST_TEST(!is_valid_keep_alive(text), text);
}

BOOST_AUTO_TEST_CASE(a_duration_means_what_it_means_in_go) {
  for (const auto& [text, seconds] :
       {std::pair{"5m", 300.0}, std::pair{"1h30m", 5400.0}, std::pair{"-1.5s", -1.5},
        std::pair{"250ms", 0.25}, std::pair{".5s", 0.5}, std::pair{"+2s", 2.0},
        std::pair{"1ns", 1e-9}, std::pair{"1us", 1e-6}, std::pair{"1\xC2\xB5s", 1e-6},
        std::pair{"1\xCE\xBCs", 1e-6}, std::pair{"1ms", 1e-3}, std::pair{"1s", 1.0},
        std::pair{"1m", 60.0}, std::pair{"1h", 3600.0}, std::pair{"-1h1m1s", -3661.0},
        std::pair{"0s", 0.0}}) {
    const auto duration = parse_go_duration(text);
    BOOST_REQUIRE_MESSAGE(duration, text);
    BOOST_TEST(*duration == seconds, text);
  }
  for (const auto* text : {"", "5", "s", "5 s", "5d", "1.2.3s", "-", "1e3s"})
    BOOST_TEST(!parse_go_duration(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(plain_numbers_are_sent_as_numbers_and_durations_as_texts) {
  BOOST_TEST(sent("300") == "300");
  BOOST_TEST(sent("0") == "0");
  BOOST_TEST(sent("-1") == "-1");
  BOOST_TEST(sent("2.5") == "2.5");
  // Whole numbers are written as such as long as that is exact.
  BOOST_TEST(sent("1e3") == "1000");
  BOOST_TEST(sent("999999999999999") == "999999999999999");
  BOOST_TEST(sent("-999999999999999") == "-999999999999999");
  BOOST_TEST(sent("1000000000000000") == "1000000000000000.0");
  BOOST_TEST(sent("-1000000000000000") == "-1000000000000000.0");
  BOOST_TEST(sent("5m") == R"("5m")");
  BOOST_TEST(sent("-1s") == R"("-1s")");
}

BOOST_AUTO_TEST_CASE(right_types_and_unknown_options_pass) {
  BOOST_TEST(fault_of("{}") == "");
  BOOST_TEST(fault_of(R"({"num_ctx":4096.7,"temperature":1,"top_p":0.5,"stop":["a","b"],
      "use_mmap":true,"seed":-1,"future_option":{"x":[1]},"top_k":null})") == "");
}

BOOST_AUTO_TEST_CASE(a_wrong_type_is_named_with_its_option) {
  const char* names[] = {"num_ctx",
                         "num_batch",
                         "num_gpu",
                         "main_gpu",
                         "num_thread",
                         "num_keep",
                         "seed",
                         "num_predict",
                         "top_k",
                         "top_p",
                         "min_p",
                         "typical_p",
                         "temperature",
                         "repeat_last_n",
                         "repeat_penalty",
                         "presence_penalty",
                         "use_mmap",
                         "draft_num_predict",
                         "frequency_penalty",
                         "stop"};
  const auto known = option_names();
  BOOST_TEST(known.size() == std::size(names));
  for (const std::string name : names) {
    BOOST_TEST(std::ranges::count(known, name) == 1, name);
    const auto fault = fault_of("{\"" + name + "\":\"text\"}");
    BOOST_TEST(contains(fault, "`" + name + "` must be "), name << ": " << fault);
  }
  BOOST_TEST(fault_of(R"({"stop":"x"})") == "`stop` must be a list of texts");
  BOOST_TEST(fault_of(R"({"stop":[1]})") == "`stop` must be a list of texts");
  BOOST_TEST(fault_of(R"({"use_mmap":1})") == "`use_mmap` must be true or false");
  BOOST_TEST(fault_of(R"({"seed":true})") == "`seed` must be a number");
}

BOOST_AUTO_TEST_SUITE_END()
