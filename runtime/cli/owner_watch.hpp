#pragma once

#include <poll.h>
#include <sys/types.h>

#include <array>
#include <optional>

#include "config/file_io.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm::cli {

/// When a program that runs until it is told to end does so for the sake of whoever started it.
struct OwnerOptions {
  bool with_parent = false;       ///< when the parent process ends
  std::optional<bool> with_stdin; ///< when the other end of the pipe that stdin is closes; by
                                  ///< default where it is one, and was open at first
};

/// Notices that the program for which this one runs is gone, however it ended. It reads nothing.
/// Use from one thread.
class OwnerWatch {
public:
  /// The parent is the one that this process has now.
  /// Errors: `invalid_argument` where stdin is to be watched and is no pipe.
  [[nodiscard]] static Result<OwnerWatch> start(const OwnerOptions& options);

  /// For `poll`: anything about these is worth a look at `gone`.
  [[nodiscard]] std::array<pollfd, 2> entries() const noexcept;
  /// When to look at `gone` anyway, in milliseconds; -1: never.
  [[nodiscard]] int interval() const noexcept;
  /// Whether the owner is gone.
  [[nodiscard]] bool gone() const;

private:
  OwnerWatch() = default;

  pid_t parent_ = 0;       ///< 0: not watched
  FileDescriptor process_; ///< readable when the parent has ended; not on old systems
  bool stdin_ = false;
};

} // namespace nexus::llm::cli
