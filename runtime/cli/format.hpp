// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace nexus::llm::cli {

/// Formats a number of bytes, e.g. `4.9 GB`.
[[nodiscard]] std::string format_bytes(std::uint64_t bytes);

/// Formats a duration, e.g. `1.234s` or `87.1ms`.
[[nodiscard]] std::string format_duration(std::chrono::nanoseconds duration);

/// Formats a duration for which seconds are enough, in at most six cells: `45s`, `2m10s`, `3h05m`,
/// `2d04h`. A negative one counts as zero.
[[nodiscard]] std::string format_coarse(std::chrono::seconds duration);

/// Formats a number with this many decimal places.
[[nodiscard]] std::string format_number(double number, int digits);

/// Returns a word as a shell takes it, in quotes if it needs any.
[[nodiscard]] std::string shell_word(const std::string& word);

/// Formats a table with aligned columns; the first row is the heading.
[[nodiscard]] std::string format_table(const std::vector<std::vector<std::string>>& rows);

} // namespace nexus::llm::cli
