// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "config/event_descriptor.hpp"

namespace nexus::llm::sidecar {

/// Writes lines to a client on a thread of its own, in the order of the calls, so that no actor
/// blocks on a slow client. Thread-safe.
class LineWriter {
public:
  /// Called on the thread of the writer. Must not block.
  using Callback = std::function<void()>;

  /// Writes to `descriptor`, which must stay open until `close`. `on_broken` is called once if the
  /// client is gone.
  LineWriter(int descriptor, Callback on_broken);
  ~LineWriter() { close(); }
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  /// Appends a line, which ends with `\n`. `written` is called once it is written; never if the
  /// client is gone.
  void push(std::string line, Callback written = {});

  /// While this many bytes or more wait, the owner should not cause further lines.
  static constexpr std::size_t high_water = 4u << 20;
  /// Whether so many bytes wait. Then `on_drained` is called once fewer wait, or the client is
  /// gone.
  [[nodiscard]] bool is_clogged() const noexcept { return waiting_ >= high_water; }
  /// Sets the callback for the end of a clog.
  void on_drained(Callback drained);

  /// Waits until everything is written or the client is gone. Returns false after `limit`.
  bool flush(std::chrono::milliseconds limit);

  /// Returns `errno` of the write that failed; 0 if none has.
  [[nodiscard]] int error() const noexcept { return error_; }

  /// Drops what is not written yet, and every later line. Do not call it from a callback.
  void close();

private:
  struct Line {
    std::string text;
    Callback written;
  };

  void run();
  /// Returns false if the client is gone or the writer is being destroyed.
  [[nodiscard]] bool write_all(std::string_view text);

  const int descriptor_;
  const Callback on_broken_;
  EventDescriptor stop_;
  std::atomic<std::size_t> waiting_ = 0; ///< bytes
  std::atomic<int> error_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Line> lines_;
  Callback drained_;
  bool stopping_ = false;
  bool broken_ = false;
  std::thread thread_; ///< last: it uses all of the above
};

} // namespace nexus::llm::sidecar
