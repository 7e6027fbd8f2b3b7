// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/batch/batch_run.hpp"

#include <algorithm>
#include <system_error>

namespace nexus::llm::cli {

namespace {

using namespace std::chrono_literals;

/// How often the time that is left is shown anew.
constexpr auto status_interval = 1s;
/// Records that wait for an earlier one, for each request that is under way.
constexpr std::size_t held_per_request = 8;
constexpr int step_percent = 10;

/// Whether a failure has nothing to do with the line: the next ones would fail as well.
bool concerns_all(const LLMError& error, const BatchLine& line) {
  switch (category(error.code)) {
  case ErrorCategory::connection:
  case ErrorCategory::cancelled:
  case ErrorCategory::configuration:
  case ErrorCategory::internal:
  case ErrorCategory::overload: // of this library: fewer requests at a time help
    return true;
  default:
    return error.code == ErrorCode::connect_timeout ||
           (error.code == ErrorCode::model_not_found && !line.names_model);
  }
}

} // namespace

BatchRun::BatchRun(BatchPlan plan, LineInput& input, BatchOutput* file, Session& session,
                   Output& output)
    : plan_{std::move(plan)}, input_{input}, file_{file}, session_{session}, output_{output} {
  progress_.total = plan_.total;
  if (file_ != nullptr) {
    progress_.answered = file_->answered();
    progress_.failed = file_->failed();
  }
}

void BatchRun::run() {
  const auto ending = session_.interrupts().during([this] { cancel_all(); });
  auto workers = start_workers();
  {
    std::unique_lock lock{mutex_};
    while (working_ > 0) {
      show_progress(false);
      changed_.wait_for(lock, status_interval);
    }
    show_progress(true);
  }
  for (auto& worker : workers)
    worker.join();
  // What waits for a record that does not come is not lost.
  for (const auto& [sequence, record] : held_)
    static_cast<void>(write(record));
  output_.clear_status();
}

std::vector<std::thread> BatchRun::start_workers() {
  std::vector<std::thread> workers;
  workers.reserve(plan_.max_concurrent);
  while (workers.size() < plan_.max_concurrent) {
    {
      std::lock_guard lock{mutex_};
      ++working_;
    }
    try {
      workers.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
      // Fewer threads do the work as well.
      std::lock_guard lock{mutex_};
      --working_;
      if (workers.empty())
        throw;
      break;
    }
  }
  return workers;
}

void BatchRun::work() {
  while (auto task = take()) {
    const auto answer = ask(*task);
    finish(*task, answer);
  }
  std::lock_guard lock{mutex_};
  --working_;
  changed_.notify_all();
}

std::optional<BatchRun::Task> BatchRun::take() {
  if (plan_.in_order && file_ == nullptr) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] {
      return stopping_ || held_.size() < held_per_request * plan_.max_concurrent;
    });
  }
  std::lock_guard lock{input_mutex_};
  while (!stopping_) {
    auto line = input_.next();
    if (!line) {
      end_with(std::move(line.error()));
      break;
    }
    if (!*line)
      break;
    const auto number = (*line)->number;
    const auto digest = digest_of((*line)->text);
    if (file_ != nullptr && file_->has(number)) {
      if (!file_->differs(number, digest))
        continue;
      end_with({.code = ErrorCode::invalid_argument,
                .subject = input_.place(number) + " is not the line that `" + file_->name() +
                           "` holds a record of"});
      break;
    }
    auto parsed = parse_batch_line((*line)->text, plan_.options);
    if (!parsed) {
      parsed.error().subject = input_.place(number) + ": " + parsed.error().subject;
      end_with(std::move(parsed.error()));
      break;
    }
    return Task{
        .number = number, .sequence = sequence_++, .digest = digest, .line = std::move(*parsed)};
  }
  return std::nullopt;
}

Result<LLMResponse> BatchRun::ask(Task& task) {
  auto& options = task.line.options;
  options.id = make_request_id();
  const auto role = task.line.role.value_or(plan_.role);
  {
    std::lock_guard lock{ids_mutex_};
    asked_.emplace(options.id, role);
  }
  auto& llm = session_.llm();
  // An interrupt cancels the requests that it knows.
  auto answer = cancelling_                  ? failure(ErrorCode::cancelled, "")
                : task.line.messages.empty() ? llm.generate(task.line.prompt, role, options)
                                             : llm.chat(task.line.messages, role, options);
  std::lock_guard lock{ids_mutex_};
  asked_.erase(options.id);
  return answer;
}

void BatchRun::finish(const Task& task, const Result<LLMResponse>& answer) {
  if (!answer && (cancelling_ || session_.interrupts().interrupted() ||
                  concerns_all(answer.error(), task.line))) {
    end_with(answer.error());
    return cancel_all();
  }
  auto record = batch_record(task.number, task.line.id, task.digest, answer);
  if (!put(task.sequence, std::move(record), answer.has_value()))
    cancel_all();
}

bool BatchRun::put(std::uint64_t sequence, std::string record, bool answered) {
  std::lock_guard lock{mutex_};
  bool written = true;
  if (plan_.in_order && file_ == nullptr) {
    held_.emplace(sequence, std::move(record));
    for (auto next = held_.begin(); next != held_.end() && next->first == written_;
         next = held_.erase(next), ++written_)
      written = write(next->second) && written;
  } else {
    written = write(record);
  }
  if (written) {
    ++(answered ? progress_.answered : progress_.failed);
    ++progress_.now;
  }
  changed_.notify_all();
  return written;
}

/// Needs `mutex_`.
bool BatchRun::write(const std::string& record) {
  if (file_ == nullptr)
    return output_.line(record);
  if (!write_error_)
    write_error_ = file_->append(record);
  return !write_error_;
}

void BatchRun::end_with(LLMError reason) {
  std::lock_guard lock{mutex_};
  if (!stopped_by_)
    stopped_by_ = std::move(reason);
  stopping_ = true;
  changed_.notify_all();
}

void BatchRun::cancel_all() {
  cancelling_ = true;
  stopping_ = true;
  changed_.notify_all();
  std::lock_guard lock{ids_mutex_};
  for (const auto& [id, role] : asked_)
    session_.cancel(role, id);
}

BatchProgress BatchRun::progress() {
  std::lock_guard lock{mutex_};
  auto progress = progress_;
  progress.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun_);
  return progress;
}

/// Needs `mutex_`.
void BatchRun::show_progress(bool last) {
  auto progress = progress_;
  progress.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun_);
  if (output_.shows_status()) {
    if (!last)
      output_.status(batch_status(progress, Output::status_width()));
    return;
  }
  if (!progress.total || *progress.total == 0)
    return;
  const auto percent = static_cast<int>((progress.answered + progress.failed) * 100 /
                                        *progress.total / step_percent * step_percent);
  if (percent <= told_percent_ || percent >= 100)
    return;
  told_percent_ = percent;
  output_.message(batch_status(progress, 78));
}

} // namespace nexus::llm::cli
