// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/transfer_line.hpp"

#include <algorithm>

#include "runtime/cli/format.hpp"
#include "runtime/cli/terminal/text_width.hpp"

namespace nexus::llm::cli {

namespace {

constexpr std::size_t long_bar = 30;
constexpr std::size_t short_bar = 10;

/// What a line consists of besides the percentage.
struct Parts {
  std::size_t bar = 0;
  bool amounts = true;
  bool text = false;
};

std::string bar_of(int percent, std::size_t size) {
  const auto full = static_cast<std::size_t>(percent) * size / 100;
  return "[" + std::string(full, '#') + std::string(size - full, ' ') + "] ";
}

std::string amounts_of(const PullProgress& progress) {
  return format_bytes(progress.completed) + " of " + format_bytes(progress.total);
}

std::string speed_of(double bytes_per_second) {
  return format_bytes(static_cast<std::uint64_t>(bytes_per_second)) + "/s";
}

std::string line_of(const TransferState& state, int percent, const Parts& parts) {
  std::string line;
  if (parts.bar > 0)
    line += bar_of(percent, parts.bar);
  line += std::to_string(percent) + " %";
  if (parts.amounts)
    line += "  " + amounts_of(state.progress);
  if (state.speed)
    line += "  " + speed_of(*state.speed);
  if (state.left)
    line += "  " + format_coarse(*state.left) + " left";
  if (parts.text)
    line += "  " + state.progress.status;
  return line;
}

} // namespace

int percent_of(const PullProgress& progress) {
  if (progress.total == 0)
    return -1;
  const auto part = static_cast<double>(progress.completed) / static_cast<double>(progress.total);
  return std::clamp(static_cast<int>(part * 100), 0, 100);
}

std::string transfer_line(const TransferState& state, std::size_t cells) {
  const auto percent = percent_of(state.progress);
  if (percent < 0)
    return state.progress.status;
  std::string line;
  for (const auto& parts : {Parts{.bar = long_bar, .text = true}, Parts{.bar = long_bar},
                            Parts{.bar = short_bar}, Parts{}, Parts{.amounts = false}}) {
    line = line_of(state, percent, parts);
    if (width_of(line) <= cells)
      break;
  }
  return line;
}

std::string transfer_sentence(const TransferState& state) {
  auto text = std::to_string(percent_of(state.progress)) + " % (" + amounts_of(state.progress);
  if (state.speed)
    text += ", " + speed_of(*state.speed);
  if (state.left)
    text += ", " + format_coarse(*state.left) + " left";
  return text + ")";
}

} // namespace nexus::llm::cli
