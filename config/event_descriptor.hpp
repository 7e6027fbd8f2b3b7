// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

#include "config/file_io.hpp"

namespace nexus::llm {

/// Wakes a thread that waits in `poll`. Thread-safe.
class EventDescriptor {
public:
  /// Throws `std::system_error` if there is no descriptor left.
  EventDescriptor() : event_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
    if (!event_.valid())
      throw std::system_error{errno, std::generic_category(), "eventfd"};
  }

  /// Makes the descriptor readable.
  void raise() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
  }
  /// Makes the descriptor unreadable again.
  void clear() const {
    std::uint64_t ignored = 0;
    [[maybe_unused]] const auto read = ::read(event_.get(), &ignored, sizeof ignored);
  }
  [[nodiscard]] int descriptor() const noexcept { return event_.get(); }

private:
  FileDescriptor event_;
};

} // namespace nexus::llm
