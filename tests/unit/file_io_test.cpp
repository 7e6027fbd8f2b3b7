// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <string>

#include "config/file_io.hpp"
#include "tests/unit/temporary_directory.hpp"

using namespace nexus::llm;

BOOST_AUTO_TEST_SUITE(file_io)

BOOST_AUTO_TEST_CASE(a_file_may_be_exactly_as_large_as_the_limit) {
  const test::TemporaryDirectory directory;
  const auto path = directory / "file";
  const std::string content(40'000, 'x');
  std::ofstream{path} << content;
  std::error_code error;
  BOOST_TEST((read_file(path, content.size(), error) == content));
  BOOST_TEST(!error);
  BOOST_TEST(!read_file(path, content.size() - 1, error).has_value());
  BOOST_TEST((error == std::errc::file_too_large));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_empty_is_read_and_one_that_is_not_there_is_an_error) {
  const test::TemporaryDirectory directory;
  std::ofstream{directory / "empty"} << "";
  std::error_code error = std::make_error_code(std::errc::io_error);
  BOOST_TEST((read_file(directory / "empty", 1, error) == ""));
  BOOST_TEST(!error);
  BOOST_TEST(!read_file(directory / "none", 1, error).has_value());
  BOOST_TEST((error == std::errc::no_such_file_or_directory));
  BOOST_TEST(!read_file("/dev/null", 1, error).has_value());
  BOOST_TEST((error == std::errc::no_message_available));
}

BOOST_AUTO_TEST_SUITE_END()
