// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <array>
#include <optional>

#include "config/file_io.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm::cli {

/// When a long-running program terminates because its owner, the program that started it, is gone.
struct OwnerOptions {
  bool with_parent = false; ///< when the parent process terminates
  /// When the other end of stdin is closed, which must be a pipe. If not set, only if stdin is a
  /// pipe whose other end is open at startup.
  std::optional<bool> with_stdin;
};

/// Detects that the owner of this program is gone, for whatever reason. Never reads from stdin. Not
/// thread-safe.
class OwnerWatch {
public:
  /// Starts watching the current parent of this process, stdin, or both.
  /// Errors: `invalid_argument` if stdin should be watched and is not a pipe.
  [[nodiscard]] static Result<OwnerWatch> start(const OwnerOptions& options);

  /// Returns entries for `poll`; any event on them is a reason to call `gone`.
  [[nodiscard]] std::array<pollfd, 2> entries() const noexcept;
  /// Returns the interval in milliseconds for calling `gone` without an event; -1: never.
  [[nodiscard]] int interval() const noexcept;
  /// Whether the owner is gone.
  [[nodiscard]] bool gone() const;

private:
  OwnerWatch() = default;

  pid_t parent_ = 0;       ///< 0: not watched
  FileDescriptor process_; ///< readable once the parent has terminated; not on old systems
  bool stdin_ = false;
};

} // namespace nexus::llm::cli
