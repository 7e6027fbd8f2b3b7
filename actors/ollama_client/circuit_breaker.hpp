// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "nexus_llm/health.hpp"
#include "nexus_llm/llm_client_config.hpp"

namespace nexus::llm {

/// Stops sending requests while Ollama is unreachable (requirement E6). Opens after a number of
/// consecutive connection failures that span a minimum time, so that a short restart does not open
/// it. While it is open, only one probe at a time is sent, at growing intervals. The first sign of
/// life closes it. Has no clock: callers pass the time. Not thread-safe.
class CircuitBreaker {
public:
  using Time = std::chrono::steady_clock::time_point;

  /// `patience`: how long connections must have failed until the circuit opens.
  explicit CircuitBreaker(const CircuitSettings& settings, std::chrono::milliseconds patience = {})
      : settings_{settings}, patience_{patience} {}

  /// Sets the settings. An open circuit stays open unless they disable the circuit breaker.
  void set_settings(const CircuitSettings& settings, std::chrono::milliseconds patience) {
    settings_ = settings;
    patience_ = patience;
    if (settings_.max_failures == 0)
      on_success();
  }

  /// Whether requests may be sent.
  [[nodiscard]] bool allows() const noexcept { return state_ == Circuit::closed; }

  /// Ollama has responded, with any status. Returns true if that closes the circuit.
  bool on_success() {
    failures_ = 0;
    last_failure_.clear();
    return std::exchange(state_, Circuit::closed) != Circuit::closed;
  }

  /// A connection attempt failed. Returns true if that opens a closed circuit.
  bool on_failure(std::string detail, Time now) {
    if (failures_++ == 0)
      first_failure_at_ = now;
    last_failure_ = std::move(detail);
    if (state_ != Circuit::closed || settings_.max_failures == 0 ||
        failures_ < settings_.max_failures || now - first_failure_at_ < patience_)
      return false;
    wait_ = std::min(settings_.reset_timeout, longest());
    opened_at_ = now;
    open(now);
    return true;
  }

  /// The probe failed for any reason. No effect unless a probe is in progress.
  void on_probe_failed(std::string detail, Time now) {
    if (state_ != Circuit::half_open)
      return;
    last_failure_ = std::move(detail);
    wait_ = std::min(wait_ * 2, longest());
    open(now);
  }

  /// How long no request has been sent. Valid only if the circuit is not closed.
  [[nodiscard]] std::chrono::milliseconds open_for(Time now) const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(now - opened_at_);
  }

  /// When the next probe is due, if one is.
  [[nodiscard]] std::optional<Time> next_probe() const {
    return state_ == Circuit::open ? std::optional{probe_at_} : std::nullopt;
  }

  /// Whether to send a probe now. If so, it is in progress until its outcome is reported.
  [[nodiscard]] bool begin_probe(Time now) {
    if (state_ != Circuit::open || now < probe_at_)
      return false;
    state_ = Circuit::half_open;
    return true;
  }

  [[nodiscard]] CircuitHealth health(Time now) const {
    CircuitHealth health{
        .state = state_, .failures = failures_, .next_probe = {}, .last_failure = last_failure_};
    if (state_ == Circuit::open && probe_at_ > now)
      health.next_probe = std::chrono::ceil<std::chrono::milliseconds>(probe_at_ - now);
    return health;
  }

private:
  void open(Time now) {
    state_ = Circuit::open;
    probe_at_ = now + wait_;
  }
  [[nodiscard]] std::chrono::milliseconds longest() const {
    return std::max(settings_.reset_timeout, settings_.max_reset_timeout);
  }

  CircuitSettings settings_;
  std::chrono::milliseconds patience_;
  Time first_failure_at_;
  Circuit state_ = Circuit::closed;
  std::uint32_t failures_ = 0;
  std::string last_failure_;
  std::chrono::milliseconds wait_{};
  Time opened_at_;
  Time probe_at_;
};

} // namespace nexus::llm
