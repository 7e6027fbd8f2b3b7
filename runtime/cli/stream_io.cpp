// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/stream_io.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "runtime/cli/interrupts.hpp"

namespace nexus::llm::cli {

namespace {

/// How long a stream may block after an interrupt.
constexpr int patience_milliseconds = 250;

/// A writable pipe accepts this many bytes without blocking.
constexpr std::size_t most_at_once = PIPE_BUF;

bool must_wait(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

/// Waits until the descriptor is writable. Returns 0 or `errno`.
int wait_for_room(int descriptor) {
  bool interrupted = false;
  for (;;) {
    std::array<pollfd, 2> entries{
        pollfd{descriptor, POLLOUT, 0},
        pollfd{interrupted ? -1 : Interrupts::current_descriptor(), POLLIN, 0}};
    const auto ready =
        ::poll(entries.data(), entries.size(), interrupted ? patience_milliseconds : -1);
    if (ready < 0 && !must_wait(errno))
      return errno;
    if (ready == 0)
      return ECANCELED;
    // `write` reports errors of the descriptor.
    if (ready > 0 && entries[0].revents != 0)
      return 0;
    interrupted = interrupted || ready > 0;
  }
}

} // namespace

int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    if (const auto error = wait_for_room(descriptor); error != 0)
      return error;
    const auto count = ::write(descriptor, text.data(), std::min(text.size(), most_at_once));
    if (count >= 0)
      text.remove_prefix(static_cast<std::size_t>(count));
    else if (!must_wait(errno))
      return errno;
  }
  return 0;
}

ssize_t read_some(int descriptor, std::span<char> buffer) {
  for (;;) {
    const auto count = ::read(descriptor, buffer.data(), buffer.size());
    if (count >= 0 || !must_wait(errno))
      return count;
    pollfd entry{descriptor, POLLIN, 0};
    static_cast<void>(::poll(&entry, 1, -1));
  }
}

} // namespace nexus::llm::cli
