// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <memory>
#include <sstream>

#include "nexus_llm/log.hpp"

using namespace nexus::llm;

BOOST_AUTO_TEST_SUITE(log_lines)

namespace {

/// A logger whose lines a test can read.
struct Sink {
  std::ostringstream text;
  std::shared_ptr<spdlog::logger> logger = std::make_shared<spdlog::logger>(
      "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text));

  Sink() {
    logger->set_level(spdlog::level::debug);
    logger->set_pattern("%l: %v");
  }
};

} // namespace

BOOST_AUTO_TEST_CASE(each_line_goes_to_the_logger_of_the_process_at_its_level) {
  Sink sink;
  set_logger(sink.logger);
  log(LogLevel::debug, "a");
  log(LogLevel::info, "b");
  log(LogLevel::warning, "c");
  Log{}(LogLevel::error, "d");
  set_logger(nullptr);
  log(LogLevel::error, "nobody reads this");
  Log{}(LogLevel::error, "nor this");
  BOOST_TEST(sink.text.str() == "debug: a\ninfo: b\nwarning: c\nerror: d\n");
}

BOOST_AUTO_TEST_CASE(a_system_with_a_logger_of_its_own_uses_that_one_alone) {
  Sink process;
  Sink own;
  set_logger(process.logger);
  const Log log{own.logger};
  log(LogLevel::warning, "a");
  set_logger(nullptr);
  BOOST_TEST(own.text.str() == "warning: a\n");
  BOOST_TEST(process.text.str() == "");
}

BOOST_AUTO_TEST_SUITE_END()
