// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/types.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

#include "config/event_descriptor.hpp"
#include "config/file_io.hpp"

namespace nexus::llm::cli {

/// Handles SIGINT and SIGTERM on a separate thread. The first signal runs the current action, or
/// terminates the program (130) if there is none; a second signal terminates the program
/// immediately.
///
/// Construct it on the main thread before any other thread: later threads inherit the blocked
/// signals. Only one instance at a time per process. The members are thread-safe.
class Interrupts {
public:
  Interrupts() : Interrupts{{}} {}
  /// Also runs `on_hangup` on each SIGHUP; it must not block.
  explicit Interrupts(std::function<void()> on_hangup);
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  /// Keeps an action installed during its lifetime.
  class [[nodiscard]] Scope {
  public:
    Scope(Interrupts& interrupts, std::function<void()> action);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

  private:
    Interrupts& interrupts_;
    std::function<void()> previous_;
  };

  /// Installs an action for interrupts during the lifetime of the scope. The action must not block.
  /// It is repeated, since it may run before the operation that it should stop.
  [[nodiscard]] Scope during(std::function<void()> action) { return {*this, std::move(action)}; }

  /// Whether an interrupt has occurred since `reset`.
  [[nodiscard]] bool interrupted() const noexcept { return count_ > 0; }
  /// Whether a SIGTERM has occurred.
  [[nodiscard]] bool terminated() const noexcept { return terminated_; }
  /// Clears a processed interrupt.
  void reset();
  /// Returns a descriptor for `poll` that is readable while `interrupted()`.
  [[nodiscard]] int descriptor() const noexcept { return raised_.descriptor(); }
  /// Returns the descriptor of the instance of this process; -1 if there is none.
  [[nodiscard]] static int current_descriptor() noexcept { return current_; }
  /// Sets a function to call before an interrupt terminates the program immediately, e.g., for
  /// restoring the terminal.
  static void before_end(void (*call)()) noexcept { before_end_ = call; }
  /// Sets the process group of a child to kill before an interrupt terminates the program
  /// immediately; 0: none.
  static void kill_at_end(pid_t group) noexcept { group_ = group; }

private:
  void watch();
  void on_signal();
  void act();

  [[noreturn]] static void end_program();

  static inline std::atomic<int> current_{-1};
  static inline std::atomic<void (*)()> before_end_{nullptr};
  static inline std::atomic<pid_t> group_{0};

  FileDescriptor signals_;
  EventDescriptor raised_;
  EventDescriptor stop_;
  std::atomic<int> count_{0};
  std::atomic<bool> terminated_{false};
  const std::function<void()> on_hangup_;
  std::mutex mutex_;
  std::function<void()> action_;
  std::thread thread_;
};

} // namespace nexus::llm::cli
