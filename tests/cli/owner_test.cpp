// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <signal.h>

#include "tests/cli/fixture.hpp"

namespace nexus::llm::cli::test {

namespace owner_test {

namespace {

const std::vector<Arguments> daemons{{"serve", "--listen", "127.0.0.1:0"}, {"simulate"}};

Arguments with(Arguments arguments, const std::string& more) {
  arguments.push_back(more);
  return arguments;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(owner, Fixture)

BOOST_AUTO_TEST_CASE(the_end_of_the_pipe_on_stdin_ends_it) {
  for (const auto& daemon : daemons) {
    Child child{child_options(daemon)};
    BOOST_TEST(child.read_until("\n"));
    child.write("what is written there is left alone\n");
    child.close_input();
    BOOST_TEST(child.wait() == 0);
  }
}

BOOST_AUTO_TEST_CASE(the_end_of_the_pipe_on_stdin_can_be_ignored) {
  for (const auto& daemon : daemons) {
    Child child{child_options(with(daemon, "--no-exit-with-stdin"))};
    BOOST_TEST(child.read_until("\n"));
    child.close_input();
    child.signal(SIGTERM);
    BOOST_TEST(child.wait() == 0);
  }
}

BOOST_AUTO_TEST_CASE(a_stdin_that_is_no_pipe_means_nothing) {
  for (const auto& daemon : daemons) {
    auto options = child_options(daemon);
    options.wrapper = {"/bin/sh", "-c", "exec \"$@\" </dev/null", "sh"};
    Child child{options};
    BOOST_TEST(child.read_until("\n"));
    child.signal(SIGTERM);
    BOOST_TEST(child.wait() == 0);
    options.arguments = with(daemon, "--exit-with-stdin");
    Child refused{options};
    BOOST_TEST(refused.wait() == 2);
    BOOST_TEST(contains(refused.err(), "goes with a pipe as stdin"));
  }
}

BOOST_AUTO_TEST_CASE(the_end_of_the_parent_ends_it) {
  for (const auto& daemon : daemons) {
    auto options = child_options(with(daemon, "--exit-with-parent"));
    options.wrapper = {"/bin/sh", "-c", "\"$@\" </dev/null & wait", "sh"};
    Child parent{options};
    BOOST_TEST(parent.read_until("\n"));
    parent.signal(SIGKILL);
    // The streams that the program holds end with it.
    BOOST_TEST(parent.wait() == 1000 + SIGKILL);
  }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace owner_test

} // namespace nexus::llm::cli::test
