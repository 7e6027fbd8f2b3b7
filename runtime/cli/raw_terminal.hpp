#pragma once

#include "config/file_io.hpp"

namespace nexus::llm::cli {

/// Keeps the terminal of stdin in raw mode while it lives: every key is read as it comes and not
/// shown, pasted text is marked as that, and signals of the keyboard are signals still. However the
/// program ends (but by SIGKILL), and while it is suspended, the terminal is as it was.
///
/// One at a time in a process; made and destroyed on the main thread.
class RawTerminal {
public:
  /// `display` is the descriptor of the terminal to which escape sequences go.
  explicit RawTerminal(int display);
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

  /// Readable when the program goes on after it was suspended, for `poll`.
  [[nodiscard]] int resumed() const noexcept { return resumed_.get(); }
  void forget_resumed() const;

private:
  FileDescriptor resumed_;
};

} // namespace nexus::llm::cli
