// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "config/suggestion.hpp"

using namespace nexus::llm;

BOOST_AUTO_TEST_SUITE(suggestion)

BOOST_AUTO_TEST_CASE(the_distance_counts_edits_and_exchanges_and_no_case) {
  BOOST_TEST(edit_distance("", "") == 0u);
  BOOST_TEST(edit_distance("abc", "") == 3u);
  BOOST_TEST(edit_distance("", "abc") == 3u);
  BOOST_TEST(edit_distance("models", "models") == 0u);
  BOOST_TEST(edit_distance("modls", "models") == 1u);
  BOOST_TEST(edit_distance("modells", "models") == 1u);
  BOOST_TEST(edit_distance("mudels", "models") == 1u);
  BOOST_TEST(edit_distance("timeuot", "timeout") == 1u);
  BOOST_TEST(edit_distance("TimeOut", "timeout") == 0u);
  BOOST_TEST(edit_distance("kitten", "sitting") == 3u);
  BOOST_TEST(edit_distance("AZ@[", "az@[") == 0u);
  // Only neighbours that have both changed places are one edit.
  BOOST_TEST(edit_distance("ab", "ba") == 1u);
  BOOST_TEST(edit_distance("ab", "bc") == 2u);
  BOOST_TEST(edit_distance("ab", "ca") == 2u);
}

BOOST_AUTO_TEST_CASE(the_distance_is_the_same_both_ways) {
  const std::vector<std::string> words{"", "a", "generate", "genrate", "ab", "ba", "timeuot"};
  for (const auto& left : words)
    for (const auto& right : words)
      BOOST_TEST(edit_distance(left, right) == edit_distance(right, left), left << " " << right);
}

BOOST_AUTO_TEST_CASE(the_nearest_word_is_meant_and_of_equals_the_first) {
  const std::vector<std::string> commands{"generate", "chat", "models", "role", "roles"};
  BOOST_TEST(nearest("genrate", commands) == "generate");
  BOOST_TEST(nearest("modles", commands) == "models");
  BOOST_TEST(nearest("ROLE", commands) == "role");
  BOOST_TEST(nearest("rolex", commands) == "role");
}

BOOST_AUTO_TEST_CASE(a_word_that_is_far_from_all_means_none) {
  const std::vector<std::string> commands{"generate", "chat", "ps", "ls"};
  BOOST_TEST(nearest("nonsense", commands) == "");
  BOOST_TEST(nearest("x", commands) == "");
  BOOST_TEST(nearest("", commands) == "");
  BOOST_TEST(nearest("chat", {}) == "");
  BOOST_TEST(nearest(std::string(100'000, 'g'), commands) == "");
}

BOOST_AUTO_TEST_CASE(the_only_word_with_this_beginning_is_meant) {
  const std::vector<std::string> roles{"overseer", "implementation", "implicit"};
  BOOST_TEST(nearest("over", roles) == "overseer");
  BOOST_TEST(nearest("impl", roles) == "");
  BOOST_TEST(nearest("imple", roles) == "implementation");
  BOOST_TEST(nearest("ov", roles) == "");
}

BOOST_AUTO_TEST_CASE(a_message_names_the_word_and_what_is_near) {
  BOOST_TEST(is_no("command", "genrate", "generate") ==
             "`genrate` is no command; the nearest is `generate`");
  BOOST_TEST(is_no("command", "x", "") == "`x` is no command");
}

BOOST_AUTO_TEST_CASE(words_are_looked_up_to_their_longest_and_begun_from_their_shortest) {
  const std::string longest(256, 'x');
  const std::vector<std::string> words{longest};
  BOOST_TEST(nearest(longest, words) == longest);
  BOOST_TEST(nearest(longest + "x", words) == "");
  const std::vector<std::string> too_long{"y" + longest};
  BOOST_TEST(nearest(longest, too_long) == "");
  const std::vector<std::string> begun{"supervision"};
  BOOST_TEST(nearest("sup", begun) == "supervision");
  BOOST_TEST(nearest("su", begun) == "");
  BOOST_TEST(nearest("", begun) == "");
}

BOOST_AUTO_TEST_CASE(a_third_of_a_word_may_be_wrong) {
  const std::vector<std::string> words{"abcdef"};
  BOOST_TEST(nearest("abcdxx", words) == "abcdef");
  BOOST_TEST(nearest("abcxxx", words) == "");
  BOOST_TEST(nearest("abcxx", words) == "");
}

BOOST_AUTO_TEST_CASE(a_beginning_that_several_words_have_says_nothing) {
  const std::vector<std::string> words{"limits.queueLength", "limits.maxBatch", "cache.ttl"};
  BOOST_TEST(nearest("limits", words) == "");
  BOOST_TEST(nearest("CACHE", words) == "cache.ttl");
}

BOOST_AUTO_TEST_CASE(the_sentence_names_the_nearest_where_there_is_one) {
  BOOST_TEST(is_no("setting", "x", "") == "`x` is no setting");
  BOOST_TEST(is_no("setting", "x", "y") == "`x` is no setting; the nearest is `y`");
}

BOOST_AUTO_TEST_SUITE_END()
