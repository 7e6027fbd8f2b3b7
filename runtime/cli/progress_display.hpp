#pragma once

#include <string>

#include "nexus_llm/stream_messages.hpp"
#include "runtime/cli/output.hpp"

namespace nexus::llm::cli {

/// Shows a download: a bar on a terminal, otherwise a line for every ten percent. With `--json` an
/// object for each report. Use from one thread.
class ProgressDisplay {
public:
  explicit ProgressDisplay(Output& output) : output_{output} {}

  void show(const PullProgress& progress);
  /// All of it is there; the last report may come behind that.
  void complete();

private:
  Output& output_;
  std::string status_;
  PullProgress last_;
  int told_percent_ = -1;
};

} // namespace nexus::llm::cli
