// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace spdlog {
class logger;
}

namespace nexus::llm {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

/// Writes one line to the log of the process. Thread-safe.
void log(LogLevel level, std::string_view line);

/// Sets the logger of the process; null disables logging. Until then, warnings and errors are
/// written to stderr, one line each. Thread-safe; call it before making the system.
void set_logger(std::shared_ptr<spdlog::logger> logger);

/// The log of one system: its own logger, or the log of the process. Cheap to copy. Thread-safe.
class Log {
public:
  Log() = default;
  explicit Log(std::shared_ptr<spdlog::logger> logger) : logger_{std::move(logger)} {}

  void operator()(LogLevel level, std::string_view line) const;

private:
  std::shared_ptr<spdlog::logger> logger_; ///< null: the log of the process
};

} // namespace nexus::llm
