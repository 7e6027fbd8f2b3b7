// SPDX-License-Identifier: BSD-3-Clause
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/test/unit_test.hpp>

#include <poll.h>
#include <unistd.h>

#include "tests/cli/fixture.hpp"

#ifndef __SANITIZE_ADDRESS__
#ifndef __SANITIZE_THREAD__

namespace nexus::llm::cli::test {

namespace limits_test {

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

std::ptrdiff_t descriptors_of(pid_t process) {
  const std::filesystem::directory_iterator all{"/proc/" + std::to_string(process) + "/fd"};
  return std::distance(begin(all), end(all));
}

/// What a process has used of the processors.
long processor_ticks(pid_t process) {
  std::ifstream file{"/proc/" + std::to_string(process) + "/stat"};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  std::istringstream fields{text.substr(text.rfind(')') + 2)};
  std::string skipped;
  for (int i = 0; i < 11; ++i)
    fields >> skipped;
  long user = 0;
  long system = 0;
  fields >> user >> system;
  return user + system;
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

BOOST_AUTO_TEST_CASE(without_more_memory_every_command_works_or_says_why_not) {
  for (const auto& arguments : commands)
    for (int megabytes = 60; megabytes <= 420; megabytes += 40)
      works_or_says_why_not(*this, arguments, "ulimit -v " + std::to_string(megabytes * 1000));
}

BOOST_AUTO_TEST_CASE(a_node_without_descriptors_for_more_peers_waits_quietly_and_recovers) {
  auto options = child_options({"serve", "--listen", "127.0.0.1:0"});
  options.wrapper = {"/bin/sh", "-c", "ulimit -n 64; exec \"$@\"", "sh"};
  Child node{options};
  BOOST_REQUIRE(node.read_until("\n"));
  const auto address = lines_of(node.out()).front();
  {
    boost::asio::io_context io;
    std::vector<boost::asio::ip::tcp::socket> peers;
    const auto port = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
    for (int i = 0; i < 80; ++i)
      peers.emplace_back(io).connect({boost::asio::ip::address_v4::loopback(), port});
    BOOST_TEST(node.read_error_until("there is no descriptor for another connection"));
    const auto before = processor_ticks(node.process());
    ::poll(nullptr, 0, 1000);
    BOOST_TEST(processor_ticks(node.process()) - before < ::sysconf(_SC_CLK_TCK) / 4);
  }
  // It lets go of those that have left, and of those that waited and have left.
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (descriptors_of(node.process()) > 40 && std::chrono::steady_clock::now() < deadline)
    ::poll(nullptr, 0, 10);
  const auto answer = run({"--connect", address, "generate", "hi"});
  BOOST_TEST(answer.code == 0, answer.err);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace limits_test

#endif
#endif

} // namespace limits_test
