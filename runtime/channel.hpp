// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace nexus::llm {

/// Thread-safe queue that passes values from actors to a blocking thread.
template <class T> class Channel {
public:
  /// Appends a value, unless `merge(last, value)` merges it into the last pending one.
  template <class Merge> void push(T value, Merge merge) {
    {
      std::lock_guard lock{mutex_};
      if (values_.empty() || !merge(values_.back(), value))
        values_.push_back(std::move(value));
    }
    arrived_.notify_one();
  }

  /// Blocks until the next value arrives.
  [[nodiscard]] T pop() {
    std::unique_lock lock{mutex_};
    arrived_.wait(lock, [this] { return !values_.empty(); });
    return take();
  }

  /// Blocks until the next value arrives; returns `nullopt` after `wait`.
  [[nodiscard]] std::optional<T> pop_within(std::chrono::milliseconds wait) {
    std::unique_lock lock{mutex_};
    if (!arrived_.wait_for(lock, wait, [this] { return !values_.empty(); }))
      return std::nullopt;
    return take();
  }

private:
  T take() {
    auto value = std::move(values_.front());
    values_.pop_front();
    return value;
  }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<T> values_;
};

} // namespace nexus::llm
