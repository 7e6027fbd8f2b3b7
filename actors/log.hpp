#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace spdlog {
class logger;
}

namespace nexus::llm {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

/// Writes one line to the log. Any thread.
void log(LogLevel level, std::string_view line);

/// Where the log goes; null is nowhere, which is the default: a library does not write to the
/// terminal of its user unasked. Any thread, best before the system is made.
void set_logger(std::shared_ptr<spdlog::logger> logger);

} // namespace nexus::llm
