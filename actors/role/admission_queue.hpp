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

/// Decides which runs of a role may be at Ollama, and in which order the others follow:
/// interactive ones first, in the order in which they came; a background one that has waited for
/// the ageing time counts as interactive. Bounded. One thread.
class AdmissionQueue {
public:
  using Time = std::chrono::steady_clock::time_point;
  enum class Verdict : std::uint8_t { admitted, queued, full };

  explicit AdmissionQueue(const Limits& limits) : limits_{limits} {}

  void set_limits(const Limits& limits) { limits_ = limits; }
  /// While it is not open, everybody waits.
  void set_open(bool open) noexcept { open_ = open; }

  /// Takes a run in. `admitted` runs hold a place until `release`. Those that wait do so in the
  /// order of their tickets. One that must be kept is never refused.
  [[nodiscard]] Verdict offer(const RequestId& run, std::uint64_t ticket, Priority priority,
                              Time now, bool must_keep = false);
  /// A run takes a place whatever the limit says: it is under way already.
  void adopt(const RequestId& run) { in_flight_.insert(run); }
  /// A run is over: its place is free, or it leaves the queue.
  void release(const RequestId& run);
  /// The next run that may begin; it takes a place. Ask again until there is none.
  [[nodiscard]] std::optional<RequestId> next(Time now);
  /// A queued background run becomes interactive: somebody who cannot wait shares it.
  void promote(const RequestId& run);

  /// Where a run stands; position 0 where it is not queued.
  [[nodiscard]] QueuePosition position(const RequestId& run, Time now) const;
  /// The runs that come next, in their order, at most `count` of them.
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
  std::map<Ticket, Entry> queue_; ///< in the order of arrival
  std::unordered_map<RequestId, Ticket> tickets_;
  std::unordered_set<RequestId> in_flight_;
};

} // namespace nexus::llm
