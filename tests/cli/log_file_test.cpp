// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/log/log_file.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <string>

#include "tests/unit/child_process.hpp"
#include "tests/unit/temporary_directory.hpp"

namespace nexus::llm::cli::test {

namespace log_file_test {

namespace {

struct Logging {
  [[nodiscard]] static std::string content(const std::filesystem::path& file) {
    std::ifstream stream{file};
    return {std::istreambuf_iterator<char>{stream}, {}};
  }

  llm::test::TemporaryDirectory directory;
  std::filesystem::path place = directory / "logs";
  std::filesystem::path path = place / "node.log";
  LogFile log{path, 20, 2};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(log_file, Logging)

BOOST_AUTO_TEST_CASE(lines_are_added_behind_those_that_are_there) {
  BOOST_REQUIRE(!log.open());
  BOOST_TEST(!log.add("one\n"));
  LogFile later{path, 20, 2};
  BOOST_TEST(!later.add("two\n"));
  BOOST_TEST(!log.add("three\n"));
  BOOST_TEST(content(path) == "one\ntwo\nthree\n");
}

BOOST_AUTO_TEST_CASE(a_full_file_takes_the_place_of_the_older_ones) {
  for (const std::string line : {"1", "2", "3", "4"})
    BOOST_TEST(!log.add(line + " is a long line\n"));
  BOOST_TEST(content(path) == "4 is a long line\n");
  BOOST_TEST(content(place / "node.1.log") == "3 is a long line\n");
  BOOST_TEST(content(place / "node.2.log") == "2 is a long line\n");
  BOOST_TEST(std::distance(std::filesystem::directory_iterator{place}, {}) == 3);
}

BOOST_AUTO_TEST_CASE(a_line_of_exactly_the_room_that_is_left_still_fits) {
  BOOST_TEST(!log.add("123456789\n"));
  BOOST_TEST(!log.add("123456789\n"));
  BOOST_TEST(!std::filesystem::exists(place / "node.1.log"));
  BOOST_TEST(!log.add("x"));
  BOOST_TEST(content(path) == "x");
}

BOOST_AUTO_TEST_CASE(a_file_that_others_move_or_remove_is_begun_anew) {
  BOOST_TEST(!log.add("one\n"));
  std::filesystem::rename(path, place / "moved");
  BOOST_TEST(!log.add("two\n"));
  BOOST_TEST(content(place / "moved") == "one\n");
  BOOST_TEST(content(path) == "two\n");
  std::filesystem::remove(path);
  BOOST_TEST(!log.add("three\n"));
  BOOST_TEST(content(path) == "three\n");
  std::filesystem::remove_all(place);
  BOOST_TEST(!log.add("four\n"));
  BOOST_TEST(content(path) == "four\n");
  // As logrotate does it with `copytruncate`.
  std::filesystem::resize_file(path, 0);
  BOOST_TEST(!log.add("five\n"));
  BOOST_TEST(content(path) == "five\n");
}

BOOST_AUTO_TEST_CASE(a_full_disk_leaves_whole_lines) {
  const auto child = llm::test::in_child([this] {
    // A limit of the size of files, which the program notices as a disk that becomes full.
    const rlimit limit{10, 10};
    ::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const bool first = !log.add("one\n");
    const bool second = !log.add("too long\n");
    const bool third = !log.add("two\n");
    return first && !second && third ? 0 : 1;
  });
  BOOST_TEST(llm::test::exit_status(child) == 0);
  BOOST_TEST(content(path) == "one\ntwo\n");
}

BOOST_AUTO_TEST_CASE(a_pipe_without_a_reader_is_an_error_and_blocks_nobody) {
  std::filesystem::create_directories(place);
  BOOST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  BOOST_TEST((log.open() == std::errc::no_such_device_or_address));
  BOOST_TEST(!!log.add("one\n"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace log_file_test

} // namespace nexus::llm::cli::test
