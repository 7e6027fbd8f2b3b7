// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "nexus_llm/stream_messages.hpp"
#include "runtime/cli/output.hpp"

namespace nexus::llm::cli {

/// Shows the progress of a download: a bar on a terminal, otherwise a line for every ten percent.
/// With `--json`, an object for each report. Not thread-safe.
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
  int told_percent_ = -1;
};

} // namespace nexus::llm::cli
