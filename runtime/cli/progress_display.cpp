// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/progress_display.hpp"

#include <algorithm>

#include "runtime/cli/format.hpp"

namespace nexus::llm::cli {

namespace {

constexpr int bar_width = 30;
constexpr int step_percent = 10;

int percent_of(const PullProgress& progress) {
  if (progress.total == 0)
    return -1;
  const auto part = static_cast<double>(progress.completed) / static_cast<double>(progress.total);
  return std::clamp(static_cast<int>(part * 100), 0, 100);
}

std::string bar(int percent) {
  const auto full = static_cast<std::size_t>(percent * bar_width / 100);
  std::string text{"["};
  text.append(full, '#').append(bar_width - full, ' ');
  return text += ']';
}

} // namespace

void ProgressDisplay::complete() {
  if (output_.json() || output_.shows_status() || last_.total == 0)
    return;
  auto all = last_;
  all.completed = all.total;
  show(all);
}

void ProgressDisplay::show(const PullProgress& progress) {
  last_ = progress;
  if (output_.json()) {
    output_.object(progress);
    return;
  }
  const int percent = percent_of(progress);
  const auto amounts = format_bytes(progress.completed) + " of " + format_bytes(progress.total);
  if (output_.shows_status()) {
    output_.status(percent < 0 ? progress.status
                               : bar(percent) + " " + std::to_string(percent) + " %  " + amounts +
                                     "  " + progress.status);
    return;
  }
  if (percent < 0) {
    if (progress.status != status_)
      output_.message(progress.status);
    status_ = progress.status;
    return;
  }
  const int step = percent / step_percent * step_percent;
  if (step <= told_percent_)
    return;
  told_percent_ = step;
  output_.message(std::to_string(step) + " % (" + amounts + ")");
}

} // namespace nexus::llm::cli
