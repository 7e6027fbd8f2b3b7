// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/multi_index/hashed_index.hpp>
#include <boost/multi_index/key.hpp>
#include <boost/multi_index/ordered_index.hpp>
#include <boost/multi_index/ranked_index.hpp>
#include <boost/multi_index_container.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_set>
#include <vector>

#include "nexus_llm/health.hpp"
#include "nexus_llm/llm_client_config.hpp"
#include "nexus_llm/llm_request.hpp"

namespace nexus::llm {

/// Decides which runs of a role may be at Ollama, and in which order the others follow: interactive
/// runs first, in order of arrival. A background run that has waited for the ageing time becomes
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
  [[nodiscard]] QueuePosition position(const RequestId& run, Time now);
  /// The next runs in order, at most `count`.
  [[nodiscard]] std::vector<RequestId> head(std::size_t count, Time now);
  [[nodiscard]] std::size_t queued() const noexcept { return queue_.size(); }
  [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_.size(); }

private:
  using Ticket = std::uint64_t;
  struct Entry {
    RequestId run;
    Priority priority;
    Ticket ticket;
    Time since;
  };

  // All of this takes logarithmic time, since queues may be long.
  struct ByRun {};
  struct ByOrder {};
  struct ByAge {};
  using Queue = boost::multi_index_container<
      Entry, boost::multi_index::indexed_by<
                 boost::multi_index::hashed_unique<boost::multi_index::tag<ByRun>,
                                                   boost::multi_index::key<&Entry::run>,
                                                   std::hash<RequestId>>,
                 boost::multi_index::ranked_unique<
                     boost::multi_index::tag<ByOrder>,
                     boost::multi_index::key<&Entry::priority, &Entry::ticket>>,
                 boost::multi_index::ordered_non_unique<
                     boost::multi_index::tag<ByAge>,
                     boost::multi_index::key<&Entry::priority, &Entry::since>>>>;

  [[nodiscard]] bool has_place() const noexcept {
    return open_ && in_flight_.size() < limits_.max_concurrent;
  }
  /// Makes the background runs interactive that have waited for the ageing time.
  void age(Time now);

  Limits limits_;
  bool open_ = true;
  Queue queue_;
  std::unordered_set<RequestId> in_flight_;
};

} // namespace nexus::llm
