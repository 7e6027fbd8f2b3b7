// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/batch/batch_progress.hpp"

#include <algorithm>

#include "runtime/cli/format.hpp"

namespace nexus::llm::cli {

namespace {

constexpr std::size_t widest_bar = 30;
constexpr std::size_t narrowest_bar = 5;
constexpr std::size_t around_bar = 3; ///< brackets, and the space behind them

double per_second(const BatchProgress& progress) {
  const auto seconds = std::chrono::duration<double>{progress.elapsed}.count();
  return seconds > 0 ? static_cast<double>(progress.now) / seconds : 0;
}

std::string rate_of(const BatchProgress& progress) {
  const auto rate = per_second(progress);
  if (rate <= 0)
    return {};
  return rate >= 1 ? format_number(rate, 1) + "/s" : format_number(rate * 60, 1) + "/min";
}

/// `3m20s left`, in at most two units.
std::string time_left(const BatchProgress& progress) {
  const auto rate = per_second(progress);
  const auto done = progress.answered + progress.failed;
  if (rate <= 0 || !progress.total || *progress.total <= done)
    return {};
  constexpr double longest = 3600.0 * 24 * 99;
  const auto seconds = static_cast<std::uint64_t>(
      std::min(longest, static_cast<double>(*progress.total - done) / rate + 0.5));
  const auto days = seconds / 86400;
  const auto hours = seconds / 3600 % 24;
  const auto minutes = seconds / 60 % 60;
  std::string text;
  if (days > 0)
    text = std::to_string(days) + "d" + std::to_string(hours) + "h";
  else if (hours > 0)
    text = std::to_string(hours) + "h" + std::to_string(minutes) + "m";
  else if (minutes > 0)
    text = std::to_string(minutes) + "m" + std::to_string(seconds % 60) + "s";
  else
    text = std::to_string(seconds) + "s";
  return text + " left";
}

std::string bar(const BatchProgress& progress, std::size_t room) {
  if (!progress.total || *progress.total == 0 || room < narrowest_bar + around_bar)
    return {};
  const auto width = std::min(widest_bar, room - around_bar);
  const auto done = std::min(progress.answered + progress.failed, *progress.total);
  const auto full =
      static_cast<std::size_t>(static_cast<double>(done) / static_cast<double>(*progress.total) *
                               static_cast<double>(width));
  return "[" + std::string(full, '#') + std::string(width - full, ' ') + "] ";
}

} // namespace

std::string batch_status(const BatchProgress& progress, std::size_t width) {
  std::string counts = std::to_string(progress.answered + progress.failed);
  if (progress.total)
    counts += "/" + std::to_string(*progress.total);
  auto line = counts;
  // The most important first.
  const auto add = [&line, width](const std::string& part, std::size_t reserved) {
    if (!part.empty() && line.size() + 2 + part.size() + reserved <= width)
      line += "  " + part;
  };
  add(time_left(progress), 0);
  add(progress.failed > 0 ? std::to_string(progress.failed) + " failed" : "", 0);
  // On a narrow terminal a bar tells more than a rate.
  add(rate_of(progress), progress.total ? narrowest_bar + around_bar : 0);
  const auto room = width > line.size() ? width - line.size() : 0;
  return (bar(progress, room) + line).substr(0, width);
}

} // namespace nexus::llm::cli
