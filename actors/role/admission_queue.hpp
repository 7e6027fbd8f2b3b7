// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "nexus_llm/health.hpp"
#include "nexus_llm/llm_client_config.hpp"
#include "nexus_llm/llm_request.hpp"

namespace nexus::llm {

/// Decides which runs of a role may be at Ollama, and in which order the others follow: interactive
/// runs first, in order of arrival. A background run that has waited for the ageing time counts as
/// interactive. Bounded. Not thread-safe.
class AdmissionQueue {
public:
  using Time = std::chrono::steady_clock::time_point;
  enum class Verdict : std::uint8_t { admitted, queued, full };

  explicit AdmissionQueue(const Limits& limits) : limits_{limits} {}

  void set_limits(const Limits& limits) { limits_ = limits; }
  /// While the queue is not open, all runs wait.
  void set_open(bool open) noexcept { open_ = open; }

  /// Adds a run. An `admitted` run holds a slot until `release`; a `queued` run waits in the order
  /// of the tickets. With `must_keep`, the run is never rejected.
  [[nodiscard]] Verdict offer(const RequestId& run, std::uint64_t ticket, Priority priority,
                              Time now, bool must_keep = false);
  /// Takes a slot for a run that is in progress already, regardless of the limit.
  void adopt(const RequestId& run) { in_flight_.insert(run); }
  /// Removes a run: releases its slot, or removes it from the queue.
  void release(const RequestId& run);
  /// The next run that may begin; it takes a slot. Call this until it returns nothing.
  [[nodiscard]] std::optional<RequestId> next(Time now);
  /// Makes a queued background run interactive, since an interactive request shares its response.
  void promote(const RequestId& run);

  /// The position of a run; 0 if it is not queued.
  [[nodiscard]] QueuePosition position(const RequestId& run, Time now) const;
  /// The next runs in order, at most `count`.
  [[nodiscard]] std::vector<RequestId> head(std::size_t count, Time now) const;
  [[nodiscard]] std::size_t queued() const noexcept { return queue_.size(); }
  [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_.size(); }

private:
  struct Entry {
    RequestId run;
    Priority priority;
    Time since;
  };
  using Ticket = std::uint64_t;

  [[nodiscard]] bool has_place() const noexcept {
    return open_ && in_flight_.size() < limits_.max_concurrent;
  }

  [[nodiscard]] bool interactive(const Entry& entry, Time now) const {
    return entry.priority == Priority::interactive || now - entry.since >= limits_.ageing;
  }

  Limits limits_;
  bool open_ = true;
  std::map<Ticket, Entry> queue_; ///< in order of arrival
  std::unordered_map<RequestId, Ticket> tickets_;
  std::unordered_set<RequestId> in_flight_;
};

} // namespace nexus::llm
