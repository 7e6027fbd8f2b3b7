#include "actors/log.hpp"

#include <spdlog/spdlog.h>

#include <mutex>
#include <utility>

namespace nexus::llm {

namespace {

struct Sink {
  std::mutex mutex;
  std::shared_ptr<spdlog::logger> logger;
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

} // namespace nexus::llm
