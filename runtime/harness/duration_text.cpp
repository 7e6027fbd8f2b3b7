// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/harness/duration_text.hpp"

#include <charconv>
#include <cmath>

namespace nexus::llm::testing {

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  const bool begins_with_digit = !text.empty() && text.front() >= '0' && text.front() <= '9';
  if (error != std::errc{} || !begins_with_digit || !(number >= 0))
    return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  double factor = 0;
  if (unit == "ms")
    factor = 1;
  else if (unit == "s")
    factor = 1000;
  else if (unit == "m")
    factor = 60'000;
  else if (unit == "h")
    factor = 3'600'000;
  // Reject durations of more than a year.
  if (factor == 0 || number * factor > 366.0 * 24 * 3'600'000)
    return std::nullopt;
  return std::chrono::milliseconds{std::llround(number * factor)};
}

std::string duration_text(std::chrono::milliseconds duration) {
  const auto count = duration.count();
  return count % 1000 == 0 ? std::to_string(count / 1000) + "s" : std::to_string(count) + "ms";
}

} // namespace nexus::llm::testing
