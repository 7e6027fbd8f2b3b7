// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "config/file_io.hpp"

namespace nexus::llm::cli {

/// Keeps the terminal of stdin in raw mode during its lifetime: no line buffering, no echo,
/// bracketed paste, but with keyboard signals. Restores the terminal when the program terminates
/// (except by SIGKILL) and while it is suspended.
///
/// Only one instance at a time per process. Main thread only.
class RawTerminal {
public:
  /// `display` is the descriptor of the terminal for escape sequences.
  explicit RawTerminal(int display);
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

  /// Returns a descriptor for `poll` that is readable after the program was suspended and resumed.
  [[nodiscard]] int resumed() const noexcept { return resumed_.get(); }
  void forget_resumed() const;
  /// Leaves and enters raw mode, for another program that uses the terminal in between.
  void lend() const;
  void take_back() const;

  /// During its lifetime, an interrupt drops what was typed before it; else that stays to be read.
  class [[nodiscard]] DropOnInterrupt {
  public:
    DropOnInterrupt();
    ~DropOnInterrupt();
    DropOnInterrupt(const DropOnInterrupt&) = delete;
    DropOnInterrupt& operator=(const DropOnInterrupt&) = delete;
  };

private:
  FileDescriptor resumed_;
};

} // namespace nexus::llm::cli
