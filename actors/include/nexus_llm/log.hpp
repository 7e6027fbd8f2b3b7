#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace spdlog {
class logger;
}

namespace nexus::llm {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

/// Writes one line to the log of the process. Any thread.
void log(LogLevel level, std::string_view line);

/// Where the log of the process goes; null is nowhere. Until this is called, warnings and errors go
/// to stderr, a line each. Any thread, best before the system is made.
void set_logger(std::shared_ptr<spdlog::logger> logger);

/// The log of one system: a logger of its own, or the log of the process. Cheap to copy; any
/// thread.
class Log {
public:
  Log() = default;
  explicit Log(std::shared_ptr<spdlog::logger> logger) : logger_{std::move(logger)} {}

  void operator()(LogLevel level, std::string_view line) const;

private:
  std::shared_ptr<spdlog::logger> logger_; ///< null: the log of the process
};

} // namespace nexus::llm
