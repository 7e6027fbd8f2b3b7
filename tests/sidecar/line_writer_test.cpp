// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <future>
#include <string>

#include "config/file_io.hpp"
#include "runtime/sidecar/line_writer.hpp"
#include "tests/cli/child.hpp"

namespace nexus::llm::sidecar::test {

namespace line_writer_test {

namespace {

using cli::test::patience;

struct Pipe {
  Pipe() {
    ::signal(SIGPIPE, SIG_IGN);
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::pipe(ends.data()) == 0);
    output = FileDescriptor{ends[0]};
    input = FileDescriptor{ends[1]};
  }

  /// Waits until something is in the pipe.
  void wait_until_begun() const {
    pollfd entry{output.get(), POLLIN, 0};
    BOOST_TEST(::poll(&entry, 1, 20'000) == 1);
  }
  std::size_t read(std::size_t wanted) const {
    std::array<char, 65536> piece{};
    std::size_t all = 0;
    while (all < wanted) {
      const auto count = ::read(output.get(), piece.data(), piece.size());
      if (count <= 0)
        break;
      all += static_cast<std::size_t>(count);
    }
    return all;
  }

  FileDescriptor output;
  FileDescriptor input;
};

std::string line_of(std::size_t size) { return std::string(size - 1, 'x') + '\n'; }

bool comes(std::future<void>& event) {
  return event.wait_for(patience) == std::future_status::ready;
}

} // namespace

BOOST_AUTO_TEST_SUITE(line_writer)

BOOST_FIXTURE_TEST_CASE(the_end_of_a_clog_is_told_whatever_is_written_meanwhile, Pipe) {
  // A line that is being written clogs only together with one that comes later.
  constexpr auto first = LineWriter::high_water - 1000;
  constexpr std::size_t second = 2000;
  std::promise<void> drained;
  auto told = drained.get_future();
  LineWriter writer{input.get(), [] {}};
  writer.on_drained([&drained] { drained.set_value(); });
  writer.push(line_of(first));
  wait_until_begun();
  BOOST_TEST(!writer.is_clogged());
  writer.push(line_of(second));
  BOOST_TEST(writer.is_clogged());
  BOOST_TEST(read(first + second) == first + second);
  BOOST_TEST(comes(told));
  BOOST_TEST(!writer.is_clogged());
  BOOST_TEST(writer.flush(patience));
}

BOOST_FIXTURE_TEST_CASE(a_line_is_told_to_be_written_in_its_order, Pipe) {
  std::promise<void> written;
  auto told = written.get_future();
  std::string order;
  LineWriter writer{input.get(), [] {}};
  writer.push("one\n", [&order] { order += '1'; });
  writer.push("two\n", [&] {
    order += '2';
    written.set_value();
  });
  BOOST_TEST(comes(told));
  BOOST_TEST(order == "12");
  BOOST_TEST(read(8) == 8u);
}

BOOST_FIXTURE_TEST_CASE(a_reader_that_is_gone_ends_a_clog_and_takes_no_more, Pipe) {
  std::promise<void> broken;
  std::promise<void> drained;
  auto gone = broken.get_future();
  auto told = drained.get_future();
  LineWriter writer{input.get(), [&broken] { broken.set_value(); }};
  writer.on_drained([&drained] { drained.set_value(); });
  writer.push(line_of(LineWriter::high_water + 1), [] { BOOST_ERROR("it is not written"); });
  wait_until_begun();
  output = FileDescriptor{};
  BOOST_TEST(comes(gone));
  BOOST_TEST(comes(told));
  writer.push("late\n", [] { BOOST_ERROR("it is not written"); });
  BOOST_TEST(writer.flush(patience));
}

BOOST_FIXTURE_TEST_CASE(it_can_be_closed_while_nobody_reads, Pipe) {
  LineWriter writer{input.get(), [] {}};
  writer.push(line_of(LineWriter::high_water));
  wait_until_begun();
  BOOST_TEST(!writer.flush(std::chrono::milliseconds{1}));
  writer.close();
  writer.push("late\n");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace line_writer_test

} // namespace nexus::llm::sidecar::test
