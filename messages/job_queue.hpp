// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>

namespace nexus::llm {

/// A queue of jobs for several worker threads, which wakes them sparingly: to run a few short jobs
/// takes no longer than to wake a thread. While a worker runs a short job, it is about to take the
/// next one itself, so a job that is added then wakes nobody. Any other job may compute or block
/// for as long as it likes, so a worker that takes one wakes another for the jobs that are left.
/// Jobs that are added later do not wait for a short job that takes long after all.
///
/// `Job` is a pointer. Thread-safe. A worker may outlive the queue only if it runs no short job
/// then.
template <class Job> class JobQueue {
public:
  using IsShort = bool (*)(Job);

  /// How long a short job takes at most.
  static constexpr std::chrono::microseconds short_time{250};

  /// `is_short` returns whether a job calls `begin_short` and `end_short`.
  explicit JobQueue(IsShort is_short) : is_short_{is_short} {}

  void push(Job job) {
    std::unique_lock lock{mutex_};
    jobs_.push_back(job);
    wake_one(lock, jobs_.size() > few || !somebody_returns());
  }

  /// Waits for a job. The calling thread is a worker of this queue from then on.
  [[nodiscard]] Job pop() {
    queue_of_this_thread = this;
    std::unique_lock lock{mutex_};
    while (jobs_.empty()) {
      ++asleep_;
      woken_.wait(lock, [this] { return wake_ups_ > 0; });
      --wake_ups_;
    }
    const Job job = jobs_.front();
    jobs_.pop_front();
    wake_one(lock, !jobs_.empty() && asleep_ > 0 && (jobs_.size() >= few || !is_short_(job)));
    return job;
  }

  /// Takes all jobs without waiting.
  template <class Use> void take_all(Use use) {
    const std::lock_guard lock{mutex_};
    for (; !jobs_.empty(); jobs_.pop_front())
      use(jobs_.front());
  }

  /// How many workers wait and were not woken.
  [[nodiscard]] std::size_t asleep() const {
    const std::lock_guard lock{mutex_};
    return asleep_;
  }

  /// The calling thread begins a short job. Has no effect on a thread that is no worker.
  static void begin_short() noexcept {
    if (queue_of_this_thread == nullptr)
      return;
    queue_of_this_thread->last_begin_ = Clock::now().time_since_epoch();
    ++queue_of_this_thread->short_jobs_;
  }
  static void end_short() noexcept {
    if (queue_of_this_thread != nullptr)
      --queue_of_this_thread->short_jobs_;
  }

private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t few = 4;

  [[nodiscard]] bool somebody_returns() const {
    return short_jobs_ > 0 && Clock::now().time_since_epoch() - last_begin_.load() <= short_time;
  }

  void wake_one(std::unique_lock<std::mutex>& lock, bool needed) {
    const bool wake = needed && asleep_ > 0;
    if (wake) {
      --asleep_;
      ++wake_ups_;
    }
    lock.unlock();
    if (wake)
      woken_.notify_one();
  }

  static inline thread_local JobQueue* queue_of_this_thread = nullptr;

  const IsShort is_short_;
  mutable std::mutex mutex_;
  std::condition_variable woken_;
  std::deque<Job> jobs_;
  std::size_t asleep_ = 0;   ///< workers that wait and that nobody has woken yet
  std::size_t wake_ups_ = 0; ///< for workers that have not noticed yet
  /// How many workers run a short job. Drops before such a worker locks the mutex to take the next
  /// job, so a job that is added while it is not zero is seen by that worker.
  std::atomic<std::size_t> short_jobs_ = 0;
  std::atomic<Clock::duration> last_begin_{};
};

} // namespace nexus::llm
