// SPDX-License-Identifier: BSD-3-Clause
#include "nexus_llm/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <mutex>
#include <utility>

namespace nexus::llm {

namespace {

std::shared_ptr<spdlog::logger> standard_logger() {
  auto logger = std::make_shared<spdlog::logger>("nexus-llm",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_level(spdlog::level::warn);
  logger->set_pattern("nexus-llm: %l: %v");
  return logger;
}

struct Sink {
  std::mutex mutex;
  std::shared_ptr<spdlog::logger> logger = standard_logger();
};

Sink& sink() {
  static Sink instance;
  return instance;
}

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
  case LogLevel::debug:
    return spdlog::level::debug;
  case LogLevel::info:
    return spdlog::level::info;
  case LogLevel::warning:
    return spdlog::level::warn;
  case LogLevel::error:
    return spdlog::level::err;
  }
  return spdlog::level::err;
}

} // namespace

void log(LogLevel level, std::string_view line) {
  std::shared_ptr<spdlog::logger> logger;
  {
    std::lock_guard lock{sink().mutex};
    logger = sink().logger;
  }
  if (logger)
    logger->log(level_of(level), line);
}

void set_logger(std::shared_ptr<spdlog::logger> logger) {
  std::lock_guard lock{sink().mutex};
  sink().logger = std::move(logger);
}

void Log::operator()(LogLevel level, std::string_view line) const {
  if (logger_)
    logger_->log(level_of(level), line);
  else
    log(level, line);
}

} // namespace nexus::llm
