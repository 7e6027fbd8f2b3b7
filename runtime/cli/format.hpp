#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace nexus::llm::cli {

/// A number of bytes as people read it, such as `4.9 GB`.
[[nodiscard]] std::string format_bytes(std::uint64_t bytes);

/// A duration as people read it, such as `1.234s` or `87.1ms`.
[[nodiscard]] std::string format_duration(std::chrono::nanoseconds duration);

/// A number with so many digits behind the point.
[[nodiscard]] std::string format_number(double number, int digits);

/// Lines with their columns aligned; the first row is the heading.
[[nodiscard]] std::string format_table(const std::vector<std::vector<std::string>>& rows);

} // namespace nexus::llm::cli
