// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <spdlog/sinks/base_sink.h>

#include <mutex>
#include <string>
#include <system_error>

#include "runtime/cli/log/log_file.hpp"

namespace nexus::llm::cli {

class Output;

/// Writes log lines to a file. While that is not possible, it says so once to `output`, which must
/// outlive it, and then how many lines are missing to the file.
class FileSink : public spdlog::sinks::base_sink<std::mutex> {
public:
  FileSink(LogFile file, std::string name, Output& output)
      : file_{std::move(file)}, name_{std::move(name)}, output_{output} {}

private:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}
  /// A line that says how many are missing; empty if none is.
  [[nodiscard]] std::string note_of_missing(const spdlog::details::log_msg& next);

  LogFile file_;
  std::string name_;
  Output& output_;
  std::size_t missing_ = 0;
  std::error_code why_;
};

} // namespace nexus::llm::cli
