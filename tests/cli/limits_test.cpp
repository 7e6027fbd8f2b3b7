#include <boost/test/unit_test.hpp>

#include "tests/cli/fixture.hpp"

#ifndef __SANITIZE_ADDRESS__
#ifndef __SANITIZE_THREAD__

namespace nexus::llm::cli::test {

namespace {

const std::vector<Arguments> commands{{"generate", "hi"},
                                      {"chat"},
                                      {"models", "list"},
                                      {"doctor"},
                                      {"demo"},
                                      {"simulate"},
                                      {"serve", "--listen", "127.0.0.1:0"}};

/// Runs a command under limits that a shell sets, to its end.
void works_or_says_why_not(const Fixture& fixture, const Arguments& arguments,
                           const std::string& limits) {
  auto options = fixture.child_options(arguments);
  options.wrapper = {"/bin/sh", "-c", limits + "; exec \"$@\"", "sh"};
  Child child{options};
  // What runs until it is told to end has begun then, or has ended; this ends it.
  if (arguments.front() == "simulate" || arguments.front() == "serve")
    static_cast<void>(child.read_until("\n"));
  child.close_input();
  const auto code = child.wait();
  const auto about = limits + ", " + arguments.front() + ": " + child.err();
  BOOST_TEST((code >= 0 && code < 128), about);
  BOOST_TEST(
      (code == 0 || contains(child.out() + child.err(), "error") || contains(child.out(), "FAIL")),
      about);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(limits, Fixture)

// With stacks of a gigabyte the size of the process is what bounds its threads, also for root.
BOOST_AUTO_TEST_CASE(without_more_threads_every_command_works_or_says_why_not) {
  for (const auto& arguments : commands)
    for (const int gigabytes : {1, 2, 3, 5, 8, 11, 13})
      works_or_says_why_not(*this, arguments,
                            "ulimit -s 1000000; ulimit -v " +
                                std::to_string(gigabytes * 1'000'000));
}

BOOST_AUTO_TEST_CASE(without_more_descriptors_every_command_works_or_says_why_not) {
  for (const auto& arguments : commands)
    for (const int most : {4, 6, 8, 12, 20, 30})
      works_or_says_why_not(*this, arguments, "ulimit -n " + std::to_string(most));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::llm::cli::test

#endif
#endif
