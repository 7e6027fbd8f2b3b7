#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

#include "config/file_io.hpp"

namespace nexus::llm::cli {

/// Turns SIGINT and SIGTERM into calls on a thread of its own. The first one runs the action in
/// force, or ends the program (130) where there is none; a second one ends the program at once.
///
/// Make it on the main thread before any other thread: threads made later inherit the blocked
/// signals. One at a time in a process. Members: any thread.
class Interrupts {
public:
  Interrupts() : Interrupts{{}} {}
  /// Also runs `on_hangup` at each SIGHUP; it must not block.
  explicit Interrupts(std::function<void()> on_hangup);
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  /// Keeps an action in force while it lives.
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

  /// What an interrupt does while the scope lives. The action must not block; it is repeated while
  /// the scope lives, as it may come before what it is to stop.
  [[nodiscard]] Scope during(std::function<void()> action) { return {*this, std::move(action)}; }

  /// Whether there was one since `reset`.
  [[nodiscard]] bool interrupted() const noexcept { return count_ > 0; }
  /// Whether there was a SIGTERM.
  [[nodiscard]] bool terminated() const noexcept { return terminated_; }
  /// Forgets an interrupt that was dealt with.
  void reset();
  /// Readable while `interrupted()`, for `poll`.
  [[nodiscard]] int descriptor() const noexcept { return raised_.get(); }
  /// Likewise of the one that this process has; -1 where there is none.
  [[nodiscard]] static int current_descriptor() noexcept { return current_; }
  /// What to do before an interrupt ends the program at once, such as putting the terminal in
  /// order; nothing at first.
  static void before_end(void (*call)()) noexcept { before_end_ = call; }

private:
  void watch();
  void on_signal();
  void act();

  [[noreturn]] static void end_program();

  static inline std::atomic<int> current_{-1};
  static inline std::atomic<void (*)()> before_end_{nullptr};

  FileDescriptor signals_;
  FileDescriptor raised_;
  FileDescriptor stop_;
  std::atomic<int> count_{0};
  std::atomic<bool> terminated_{false};
  const std::function<void()> on_hangup_;
  std::mutex mutex_;
  std::function<void()> action_;
  std::thread thread_;
};

} // namespace nexus::llm::cli
