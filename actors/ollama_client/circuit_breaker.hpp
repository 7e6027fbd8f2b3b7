#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "nexus_llm/health.hpp"
#include "nexus_llm/llm_client_config.hpp"

namespace nexus::llm {

/// Stops sending requests while Ollama is unreachable (requirement E6). Opens after a
/// number of failures to connect in a row that have lasted for some time, so that a short restart
/// does not open it; while it is open nothing but one probe at a time is
/// sent, at growing intervals; the first sign of life closes it. A function of the times that it
/// is told. One thread.
class CircuitBreaker {
public:
  using Time = std::chrono::steady_clock::time_point;

  /// `patience`: how long failures must have lasted until the circuit opens.
  explicit CircuitBreaker(const CircuitSettings& settings, std::chrono::milliseconds patience = {})
      : settings_{settings}, patience_{patience} {}

  /// Settings from now on. An open circuit stays open unless breaking is turned off.
  void set_settings(const CircuitSettings& settings, std::chrono::milliseconds patience) {
    settings_ = settings;
    patience_ = patience;
    if (settings_.max_failures == 0)
      on_success();
  }

  /// Whether requests may be sent.
  [[nodiscard]] bool allows() const noexcept { return state_ == Circuit::closed; }

  /// Ollama answered, whatever it said. True where that closes the circuit.
  bool on_success() {
    failures_ = 0;
    last_failure_.clear();
    return std::exchange(state_, Circuit::closed) != Circuit::closed;
  }

  /// A connection could not be made. True where that opens a closed circuit.
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

  /// The probe came to nothing, for whatever reason. No effect where none is under way.
  void on_probe_failed(std::string detail, Time now) {
    if (state_ != Circuit::half_open)
      return;
    last_failure_ = std::move(detail);
    wait_ = std::min(wait_ * 2, longest());
    open(now);
  }

  /// How long nothing has been sent; only where the circuit is not closed.
  [[nodiscard]] std::chrono::milliseconds open_for(Time now) const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(now - opened_at_);
  }

  /// When the next probe is due; nothing while none is.
  [[nodiscard]] std::optional<Time> next_probe() const {
    return state_ == Circuit::open ? std::optional{probe_at_} : std::nullopt;
  }

  /// Whether to send a probe now; then one is under way until its outcome is told.
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
