// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <string>

#include "nexus_llm/stream_messages.hpp"
#include "runtime/cli/output.hpp"
#include "runtime/cli/terminal/transfer_meter.hpp"

namespace nexus::llm::cli {

/// Shows the progress of a download: a line with a bar, speed and time left on a terminal,
/// otherwise a line for every ten percent, or after a silence of 30 seconds. With `--json`, an
/// object for each report. Not thread-safe.
class ProgressDisplay {
public:
  explicit ProgressDisplay(Output& output) : output_{output} {}

  void show(const PullProgress& progress);
  /// Shows that the download is complete; the last report may arrive later.
  void complete();

private:
  Output& output_;
  std::string status_;
  PullProgress last_;
  TransferMeter meter_;
  int told_percent_ = -1;
  std::chrono::steady_clock::time_point told_at_{};
};

} // namespace nexus::llm::cli
