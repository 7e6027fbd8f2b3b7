// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/terminal/progress_display.hpp"

#include <unistd.h>

#include "runtime/cli/terminal/terminal_size.hpp"
#include "runtime/cli/terminal/transfer_line.hpp"

namespace nexus::llm::cli {

namespace {

constexpr int step_percent = 10;
/// A log gets a line at least this often.
constexpr std::chrono::seconds longest_silence{30};

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
  const auto now = std::chrono::steady_clock::now();
  const int percent = percent_of(progress);
  if (percent >= 0)
    meter_.note(progress.completed, progress.total, now);
  const TransferState state{progress, meter_.speed(), meter_.left()};
  if (output_.shows_status()) {
    output_.status(transfer_line(state, terminal_columns(STDERR_FILENO) - 1));
    return;
  }
  if (percent < 0) {
    if (progress.status != status_)
      output_.message(progress.status);
    status_ = progress.status;
    return;
  }
  const int step = percent / step_percent * step_percent;
  if (step <= told_percent_ && (percent == 100 || now - told_at_ < longest_silence))
    return;
  told_percent_ = step;
  told_at_ = now;
  output_.message(transfer_sentence(state));
}

} // namespace nexus::llm::cli
