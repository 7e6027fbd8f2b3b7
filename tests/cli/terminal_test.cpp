// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "tests/cli/fixture.hpp"

namespace nexus::llm::cli::test {

namespace terminal_test {

namespace {
constexpr std::string_view escape = "\033";
} // namespace

BOOST_FIXTURE_TEST_SUITE(terminal, Fixture)

BOOST_AUTO_TEST_CASE(control_characters_of_the_model_are_taken_out) {
  const std::string evil = "a\033]0;title\ab\xC2\x9B"
                           "31mc\td\r\x7F\xC3\xA9\ne";
  simulator->set_reply("llama3.1:8b", evil);
  BOOST_TEST(run({"generate", "hi"}).out == evil + "\n");
  environment["NO_COLOR"] = "1";
  Child child{child_options({"generate", "hi"}, true)};
  BOOST_TEST(child.wait() == 0);
  BOOST_TEST(contains(child.out(), "a]0;titleb31mc\td\xC3\xA9\r\ne\r\n"), child.out());
}

BOOST_AUTO_TEST_CASE(colour_is_for_terminals_that_want_it) {
  const Arguments arguments{"generate", "-m", "nope", "hi"};
  BOOST_TEST(!contains(run(arguments).err, escape));
  Child coloured{child_options(arguments, true)};
  BOOST_TEST(coloured.wait() == 5);
  BOOST_TEST(contains(coloured.out(), "\033[1;31merror:"));
  environment["NO_COLOR"] = "1";
  Child plain{child_options(arguments, true)};
  BOOST_TEST(plain.wait() == 5);
  BOOST_TEST(contains(plain.out(), "error:"));
  BOOST_TEST(!contains(plain.out(), "\033[1;31m"));
  BOOST_TEST(!contains(plain.out(), "\033[0m"));
}

BOOST_AUTO_TEST_CASE(loading_is_shown) {
  simulator->set_delays(std::chrono::milliseconds{1500}, {}, {});
  Child child{child_options({"generate", "hi"}, true)};
  BOOST_TEST(child.read_until("loading llama3.1:8b"));
  BOOST_TEST(child.wait() == 0);
}

BOOST_AUTO_TEST_CASE(download_has_a_bar) {
  Child child{child_options({"models", "pull", "robin"}, true)};
  BOOST_TEST(child.wait() == 0);
  BOOST_TEST(contains(child.out(), "##] 100 %"), child.out());
}

BOOST_AUTO_TEST_CASE(missing_prompt_is_told_and_not_waited_for) {
  Child child{child_options({"generate"}, true)};
  BOOST_TEST(child.wait() == 2);
  BOOST_TEST(contains(child.out(), "none is given"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace terminal_test

} // namespace nexus::llm::cli::test
