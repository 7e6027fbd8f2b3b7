// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "nexus_llm/simulator/counters.hpp"
#include "nexus_llm/simulator/request_record.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace nexus::llm::simulator {

/// Counters and request records. Thread-safe: the server thread writes, any thread reads.
class Statistics {
public:
  explicit Statistics(std::size_t max_records) : max_records_(max_records) {}

  template <class Change> void count(Change&& change) {
    {
      const std::lock_guard lock(mutex_);
      std::forward<Change>(change)(counters_);
    }
    changed_.notify_all();
  }

  /// Adds a record, sets its id and returns the id.
  std::uint64_t add(RequestRecord record) {
    const std::lock_guard lock(mutex_);
    record.id = ++last_id_;
    records_.push_back(std::move(record));
    while (records_.size() > max_records_)
      records_.pop_front();
    return last_id_;
  }

  /// Changes a record. No effect if it was dropped meanwhile.
  template <class Change> void update(std::uint64_t id, Change&& change) {
    const std::lock_guard lock(mutex_);
    if (records_.empty() || id < records_.front().id || id > records_.back().id)
      return;
    std::forward<Change>(change)(records_[static_cast<std::size_t>(id - records_.front().id)]);
  }

  [[nodiscard]] Counters counters() const {
    const std::lock_guard lock(mutex_);
    return counters_;
  }

  [[nodiscard]] std::vector<RequestRecord> records() const {
    const std::lock_guard lock(mutex_);
    return {records_.begin(), records_.end()};
  }

  bool wait_until(const std::function<bool(const Counters&)>& predicate,
                  std::chrono::milliseconds deadline) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, deadline, [&] { return predicate(counters_); });
  }

private:
  const std::size_t max_records_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  Counters counters_;
  std::deque<RequestRecord> records_;
  std::uint64_t last_id_ = 0;
};

} // namespace nexus::llm::simulator
