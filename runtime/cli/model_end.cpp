// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/model_end.hpp"

#include "messages/wall_time.hpp"
#include "runtime/cli/format.hpp"

namespace nexus::llm::cli {

namespace {

constexpr std::chrono::days a_long_time{365 * 100};

/// Returns the word for an end that is no time.
std::string word_for_end(WallTime end, std::chrono::system_clock::time_point now) {
  if (end < now)
    return "stopping";
  return end - now > a_long_time ? "for ever" : "";
}

} // namespace

std::string time_of_end(const std::optional<WallTime>& end,
                        std::chrono::system_clock::time_point now) {
  if (!end)
    return {};
  const auto word = word_for_end(*end, now);
  return word.empty() ? format_wall_time(*end) : word;
}

std::string time_left(const std::optional<WallTime>& end,
                      std::chrono::system_clock::time_point now) {
  if (!end)
    return "-";
  const auto word = word_for_end(*end, now);
  return word.empty() ? format_coarse(std::chrono::ceil<std::chrono::seconds>(*end - now)) : word;
}

} // namespace nexus::llm::cli
