// SPDX-License-Identifier: BSD-3-Clause
#include "messages/wall_time.hpp"

#include <charconv>
#include <cstdio>

namespace nexus::llm {

namespace {

/// Parses exactly `digits` decimal digits at the front of `text` and removes them.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits)
    return std::nullopt;
  int value = 0;
  auto [end, failed] = std::from_chars(text.data(), text.data() + digits, value);
  if (failed != std::errc{} || end != text.data() + digits || value < 0)
    return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected)
    return false;
  text.remove_prefix(1);
  return true;
}

} // namespace

std::optional<WallTime> parse_wall_time(std::string_view text) {
  using namespace std::chrono;
  auto number = [&text](std::size_t digits, char after) -> std::optional<int> {
    auto value = take_number(text, digits);
    return value && (after == '\0' || take(text, after)) ? value : std::nullopt;
  };
  auto year_number = number(4, '-');
  auto month_number = year_number ? number(2, '-') : std::nullopt;
  auto day_number = month_number ? number(2, 'T') : std::nullopt;
  auto hour = day_number ? number(2, ':') : std::nullopt;
  auto minute = hour ? number(2, ':') : std::nullopt;
  auto second = minute ? number(2, '\0') : std::nullopt;
  if (!second)
    return std::nullopt;
  const year_month_day date{year{*year_number}, month{static_cast<unsigned>(*month_number)},
                            day{static_cast<unsigned>(*day_number)}};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60)
    return std::nullopt;

  nanoseconds fraction{};
  if (take(text, '.')) {
    nanoseconds::rep unit = 100'000'000;
    bool any = false;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1)) {
      fraction += nanoseconds{(text.front() - '0') * unit};
      unit /= 10;
      any = true;
    }
    if (!any)
      return std::nullopt;
  }

  seconds offset{};
  if (!take(text, 'Z')) {
    const bool east = !text.empty() && text.front() == '+';
    if (!east && (text.empty() || text.front() != '-'))
      return std::nullopt;
    text.remove_prefix(1);
    auto offset_hours = number(2, ':');
    auto offset_minutes = offset_hours ? number(2, '\0') : std::nullopt;
    if (!offset_minutes)
      return std::nullopt;
    offset = hours{*offset_hours} + minutes{*offset_minutes};
    if (!east)
      offset = -offset;
  }
  if (!text.empty())
    return std::nullopt;
  // Ollama expresses "forever" as a year that is out of range for nanoseconds.
  if (*year_number > 2261)
    return WallTime::max();
  if (*year_number < 1678)
    return std::nullopt;
  return WallTime{sys_days{date}.time_since_epoch() + hours{*hour} + minutes{*minute} +
                  seconds{*second} - offset + fraction};
}

std::string format_wall_time(WallTime time) {
  using namespace std::chrono;
  // The maximum means "forever", but would render as an ordinary date.
  if (time == WallTime::max())
    return "9999-12-31T23:59:59Z";
  const auto in_seconds = floor<seconds>(time);
  const auto date_part = floor<days>(in_seconds);
  const year_month_day date{date_part};
  const hh_mm_ss clock{in_seconds - date_part};
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

} // namespace nexus::llm
