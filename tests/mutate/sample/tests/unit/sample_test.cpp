// SPDX-License-Identifier: BSD-3-Clause
#define BOOST_TEST_MODULE sample
#include <boost/test/unit_test.hpp>

#include "config/sample.hpp"

BOOST_AUTO_TEST_SUITE(sample_tests)

BOOST_AUTO_TEST_CASE(a_counter_takes_what_fits) {
  sample::Counter counter;
  BOOST_TEST(counter.add(4));
  BOOST_TEST(counter.add(6));
  BOOST_TEST(counter.sum == 10);
  BOOST_TEST(!counter.add(1));
  BOOST_TEST(!counter.add(-1));
  BOOST_TEST(sample::Counter{}.add(1));
  BOOST_TEST(!sample::Counter{}.add(12));
  BOOST_TEST(counter.sum == 10);
  BOOST_TEST(sizeof(sample::Table) == 16u);
}

BOOST_AUTO_TEST_CASE(a_text_is_repeated) {
  BOOST_TEST(sample::repeat("ab", 2) == "abab");
  BOOST_TEST(sample::repeat("ab", 1) == "ab");
}

BOOST_AUTO_TEST_SUITE_END()
