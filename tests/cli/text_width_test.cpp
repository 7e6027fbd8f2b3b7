// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/text_width.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

#include "runtime/cli/format.hpp"

namespace nexus::llm::cli::test {

BOOST_AUTO_TEST_SUITE(text_width)

BOOST_AUTO_TEST_CASE(cells_are_counted_and_not_bytes) {
  BOOST_TEST(width_of("abc") == 3u);
  BOOST_TEST(width_of("m\xC3\xB6"
                      "bius") == 6u);
  BOOST_TEST(width_of("mo\xCC\x88"
                      "bius") == 6u);
  BOOST_TEST(width_of("\xE9\x80\x9A\xE4\xB9\x89") == 4u);
  BOOST_TEST(width_of("\xF0\x9F\x98\x80") == 2u);
  BOOST_TEST(width_of("\xEF\xBD\xB1") == 1u); // a half-width one of Japan
  BOOST_TEST(width_of("\xFF\xFE") == 2u);
}

BOOST_AUTO_TEST_CASE(a_clipped_text_has_whole_characters) {
  BOOST_TEST(clip_to_width("\xE9\x80\x9A\xE4\xB9\x89", 3) == "\xE9\x80\x9A");
  BOOST_TEST(clip_to_width("ae\xCC\x81z", 2) == "ae\xCC\x81");
  BOOST_TEST(clip_to_width("abc", 9) == "abc");
  BOOST_TEST(clip_to_width("abc", 0) == "");
}

BOOST_AUTO_TEST_CASE(a_cluster_is_what_a_person_takes_for_a_character) {
  const std::string text = "x\ne\xCC\x81\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA"; // a flag of two letters
  BOOST_TEST(end_of_cluster(text, 0) == 1u);
  BOOST_TEST(end_of_cluster(text, 1) == 2u);
  BOOST_TEST(end_of_cluster(text, 2) == 5u);
  BOOST_TEST(end_of_cluster(text, 5) == text.size());
  BOOST_TEST(begin_of_cluster(text, text.size()) == 5u);
  BOOST_TEST(begin_of_cluster(text, 5) == 2u);
  BOOST_TEST(begin_of_cluster(text, 2) == 1u);
  BOOST_TEST(begin_of_cluster(text, 1) == 0u);
  BOOST_TEST(begin_of_cluster(text, 0) == 0u);
}

BOOST_AUTO_TEST_CASE(columns_of_a_table_begin_at_the_same_cell) {
  BOOST_TEST(format_table({{"NAME", "SIZE"},
                           {"llama", "1 GB"},
                           {"\xE9\x80\x9A\xE4\xB9\x89\xE5\x8D\x83", "2 GB"},
                           {"mo\xCC\x88", "3 GB"}}) ==
             "NAME    SIZE\n"
             "llama   1 GB\n"
             "\xE9\x80\x9A\xE4\xB9\x89\xE5\x8D\x83  2 GB\n"
             "mo\xCC\x88      3 GB\n");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::llm::cli::test
