// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/chat/token_history.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>

namespace nexus::llm::cli {

namespace {
constexpr std::size_t rate_seconds = 10;
} // namespace

void TokenHistory::note(std::uint64_t tokens, std::chrono::nanoseconds generating, Time now) {
  const auto second = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
  const bool begins = !at_ || tokens < known_tokens_ || generating < known_time_;
  const auto elapsed =
      at_ ? std::min(static_cast<std::size_t>(std::max<std::int64_t>(0, (second - *at_).count())),
                     tokens_.size())
          : 0;
  std::shift_left(tokens_.begin(), tokens_.end(), static_cast<std::ptrdiff_t>(elapsed));
  std::fill_n(tokens_.rbegin(), elapsed, 0.0);
  at_ = second;
  if (!begins && tokens > known_tokens_) {
    const auto took = std::chrono::duration<double>{generating - known_time_}.count();
    const auto all = std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(took)));
    const auto share = static_cast<double>(tokens - known_tokens_) / static_cast<double>(all);
    for (std::size_t back = 0; back < std::min(all, tokens_.size()); ++back)
      tokens_[tokens_.size() - 1 - back] += share;
  }
  known_tokens_ = tokens;
  known_time_ = generating;
}

double TokenHistory::rate() const {
  return std::accumulate(tokens_.end() - rate_seconds, tokens_.end(), 0.0) / rate_seconds;
}

std::vector<double> TokenHistory::recent(std::size_t count) const {
  return {tokens_.end() - static_cast<std::ptrdiff_t>(std::min(count, tokens_.size())),
          tokens_.end()};
}

std::string bars_of(const std::vector<double>& values) {
  constexpr std::array<std::string_view, 9> bars{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const auto most = values.empty() ? 0 : *std::ranges::max_element(values);
  std::string text;
  for (const auto value : values)
    text += bars.at(most > 0 ? static_cast<std::size_t>(std::ceil(value / most * 8)) : 0);
  return text;
}

} // namespace nexus::llm::cli
