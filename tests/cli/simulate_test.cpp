// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include "tests/cli/fixture.hpp"

namespace nexus::llm::cli::test {

BOOST_FIXTURE_TEST_SUITE(simulate, Fixture)

BOOST_AUTO_TEST_CASE(serves_until_it_is_interrupted) {
  Child child{child_options({"simulate", "--token-delay", "0", "--model", "kite"})};
  BOOST_TEST(child.read_until("\n"));
  const auto url = lines_of(child.out()).at(0);
  BOOST_TEST(url.starts_with("http://127.0.0.1:"));
  const auto answer = run({"generate", "--base-url", url, "-m", "kite", "hi"});
  BOOST_TEST(answer.code == 0);
  BOOST_TEST(contains(answer.out, "simulated"));
  child.signal(SIGINT);
  BOOST_TEST(child.wait() == 0);
}

BOOST_AUTO_TEST_CASE(taken_port_and_wrong_name_are_2) {
  BOOST_TEST(run({"simulate", "--port", std::to_string(simulator->port())}).code == 2);
  BOOST_TEST(run({"simulate", "--model", "not a name"}).code == 2);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::llm::cli::test
