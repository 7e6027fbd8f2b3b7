// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/sidecar/line_writer.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <utility>
#include <vector>

namespace nexus::llm::sidecar {

namespace {

/// Lines are combined into one write up to about this size.
constexpr std::size_t batch_bytes = 64u << 10;

/// A writable pipe accepts this many bytes without blocking.
constexpr std::size_t most_at_once = PIPE_BUF;

} // namespace

LineWriter::LineWriter(int descriptor, Callback on_broken)
    : descriptor_{descriptor}, on_broken_{std::move(on_broken)}, thread_{[this] { run(); }} {}

void LineWriter::close() {
  std::deque<Line> dropped; // its callbacks may be the last to hold an actor
  {
    std::lock_guard lock{mutex_};
    stopping_ = true;
    dropped.swap(lines_);
  }
  stop_.raise();
  changed_.notify_all();
  if (thread_.joinable())
    thread_.join();
}

void LineWriter::push(std::string line, Callback written) {
  {
    std::lock_guard lock{mutex_};
    if (broken_ || stopping_)
      return;
    waiting_ += line.size();
    lines_.push_back({std::move(line), std::move(written)});
  }
  changed_.notify_all();
}

void LineWriter::on_drained(Callback drained) {
  std::lock_guard lock{mutex_};
  drained_ = std::move(drained);
}

bool LineWriter::flush(std::chrono::milliseconds limit) {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, limit, [this] { return waiting_ == 0 || broken_; });
}

void LineWriter::run() {
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !lines_.empty(); });
    if (stopping_)
      return;
    std::string text;
    std::vector<Callback> written;
    do {
      text += lines_.front().text;
      if (lines_.front().written)
        written.push_back(std::move(lines_.front().written));
      lines_.pop_front();
    } while (!lines_.empty() && text.size() + lines_.front().text.size() <= batch_bytes);
    lock.unlock();
    const bool good = write_all(text);
    if (good)
      for (const auto& call : written)
        call();
    lock.lock();
    // Lines may have come meanwhile.
    const bool clogged = is_clogged();
    waiting_ -= text.size();
    if (!good && !stopping_) {
      broken_ = true;
      lines_.clear();
      waiting_ = 0;
    }
    changed_.notify_all();
    const auto drained = clogged && !is_clogged() ? drained_ : Callback{};
    const bool broken = broken_;
    lock.unlock();
    if (broken)
      on_broken_();
    if (drained)
      drained();
    if (!good)
      return;
    lock.lock();
  }
}

bool LineWriter::write_all(std::string_view text) {
  std::array<pollfd, 2> entries{pollfd{descriptor_, POLLOUT, 0},
                                pollfd{stop_.descriptor(), POLLIN, 0}};
  while (!text.empty()) {
    // Another process may have made the descriptor non-blocking, or blocking.
    if (::poll(entries.data(), entries.size(), -1) < 0) {
      if (errno == EINTR)
        continue;
      return false;
    }
    if (entries[1].revents != 0)
      return false;
    const auto count = ::write(descriptor_, text.data(), std::min(text.size(), most_at_once));
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EAGAIN && errno != EINTR) {
      error_ = errno;
      return false;
    }
  }
  return true;
}

} // namespace nexus::llm::sidecar
