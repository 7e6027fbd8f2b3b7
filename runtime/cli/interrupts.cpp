// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/interrupts.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "nexus_llm/errors.hpp"

namespace nexus::llm::cli {

namespace {

constexpr int repeat_milliseconds = 50;

sigset_t watched_signals(bool hangups) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  if (hangups)
    sigaddset(&signals, SIGHUP);
  return signals;
}

int checked(int descriptor) {
  if (descriptor < 0)
    throw std::system_error{errno, std::generic_category(), "watching for Ctrl-C"};
  return descriptor;
}

bool is_readable(const pollfd& entry) { return (entry.revents & POLLIN) != 0; }

} // namespace

Interrupts::Interrupts(std::function<void()> on_hangup) : on_hangup_{std::move(on_hangup)} {
  const auto signals = watched_signals(static_cast<bool>(on_hangup_));
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signals_ = FileDescriptor{checked(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK))};
  thread_ = std::thread{[this] { watch(); }};
  current_ = raised_.descriptor();
}

Interrupts::~Interrupts() {
  current_ = -1;
  stop_.raise();
  thread_.join();
}

void Interrupts::reset() {
  std::lock_guard lock{mutex_};
  raised_.clear();
  count_ = 0;
}

void Interrupts::watch() {
  std::array<pollfd, 2> entries{pollfd{signals_.get(), POLLIN, 0},
                                pollfd{stop_.descriptor(), POLLIN, 0}};
  for (;;) {
    const auto ready =
        ::poll(entries.data(), entries.size(), interrupted() ? repeat_milliseconds : -1);
    if (ready < 0 && errno != EINTR)
      return;
    if (ready > 0 && is_readable(entries[1]))
      return;
    if (ready > 0 && is_readable(entries[0]))
      on_signal();
    if (interrupted())
      act();
  }
}

void Interrupts::on_signal() {
  signalfd_siginfo signal{};
  if (::read(signals_.get(), &signal, sizeof signal) != sizeof signal)
    return;
  if (signal.ssi_signo == SIGHUP)
    return on_hangup_();
  std::lock_guard lock{mutex_};
  if (signal.ssi_signo == SIGTERM)
    terminated_ = true;
  if (++count_ > 1 || !action_)
    end_program();
  raised_.raise();
}

void Interrupts::end_program() {
  if (auto* call = before_end_.load())
    call();
  if (const auto group = group_.load(); group > 0)
    ::kill(-group, SIGKILL);
  ::_exit(exit_code(ErrorCategory::cancelled));
}

void Interrupts::act() {
  std::lock_guard lock{mutex_};
  if (action_ && interrupted())
    action_();
}

Interrupts::Scope::Scope(Interrupts& interrupts, std::function<void()> action)
    : interrupts_{interrupts} {
  std::lock_guard lock{interrupts_.mutex_};
  previous_ = std::exchange(interrupts_.action_, std::move(action));
}

Interrupts::Scope::~Scope() {
  std::lock_guard lock{interrupts_.mutex_};
  interrupts_.action_ = std::move(previous_);
}

} // namespace nexus::llm::cli
