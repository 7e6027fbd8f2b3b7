// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "runtime/cli/batch/batch_line.hpp"
#include "runtime/cli/batch/batch_output.hpp"
#include "runtime/cli/batch/batch_progress.hpp"
#include "runtime/cli/session.hpp"
#include "runtime/cli/terminal/line_input.hpp"

namespace nexus::llm::cli {

/// How a batch is run.
struct BatchPlan {
  AIRole role = AIRole::overseer;
  GenerateOptions options;            ///< for what a line does not set
  std::uint32_t max_concurrent = 1;   ///< threads that ask
  bool in_order = false;              ///< write the records in the order of the lines
  std::optional<std::uint64_t> total; ///< lines; not set: not known
};

/// Asks the lines of a batch that have no record yet, several at a time, and writes a record for
/// each. Holds no more lines in memory than are asked, and with `in_order` a bounded number of
/// records. Used once, by one thread; it has threads of its own.
class BatchRun {
public:
  /// `file` is null if the records go to stdout.
  BatchRun(BatchPlan plan, LineInput& input, BatchOutput* file, Session& session, Output& output);

  /// Runs to the end, to an interrupt or to a failure that is not one of a line.
  void run();

  /// Returns why the run stopped before its end, if a request or the input was the reason.
  [[nodiscard]] const std::optional<LLMError>& stopped_by() const noexcept { return stopped_by_; }
  /// Returns why a record could not be written; no error if that was not the reason.
  [[nodiscard]] std::error_code write_error() const noexcept { return write_error_; }
  [[nodiscard]] BatchProgress progress();

private:
  using Clock = std::chrono::steady_clock;

  /// A line to ask, and its place among those of this run.
  struct Task {
    std::uint64_t number = 0;
    std::uint64_t sequence = 0;
    std::uint64_t digest = 0;
    BatchLine line;
  };

  [[nodiscard]] std::vector<std::thread> start_workers();
  void work();
  [[nodiscard]] std::optional<Task> take();
  [[nodiscard]] Result<LLMResponse> ask(Task& task);
  void finish(const Task& task, const Result<LLMResponse>& answer);
  /// Writes a record, or holds it until the earlier ones are written. Returns false if it could not
  /// be written.
  [[nodiscard]] bool put(std::uint64_t sequence, std::string record, bool answered);
  [[nodiscard]] bool write(const std::string& record);
  /// Takes no more lines. What is under way goes on.
  void end_with(LLMError reason);
  /// Takes no more lines and cancels what is under way. Does not block.
  void cancel_all();
  void show_progress(bool last);

  const BatchPlan plan_;
  LineInput& input_;
  BatchOutput* file_;
  Session& session_;
  Output& output_;
  const Clock::time_point begun_ = Clock::now();

  std::atomic<bool> stopping_{false};   ///< takes no more lines
  std::atomic<bool> cancelling_{false}; ///< nor sends those that are taken
  std::mutex input_mutex_;              ///< for `input_` and `sequence_`
  std::uint64_t sequence_ = 0;

  std::mutex ids_mutex_; ///< for `asked_`
  std::map<RequestId, AIRole> asked_;

  std::mutex mutex_; ///< for all below
  std::condition_variable changed_;
  std::uint32_t working_ = 0;
  std::uint64_t written_ = 0; ///< with `in_order`: the next sequence to write
  std::map<std::uint64_t, std::string> held_;
  BatchProgress progress_;
  int told_percent_ = 0;
  std::optional<LLMError> stopped_by_;
  std::error_code write_error_;
};

} // namespace nexus::llm::cli
