// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace nexus::llm::test {

/// How long each of some requests took.
using Latencies = std::vector<std::chrono::microseconds>;

/// The time within which this part of the requests was answered.
[[nodiscard]] std::chrono::microseconds percentile(Latencies times, double part);

/// How one run of mixed load is made. Everything that is drawn by lot follows from the seed: what
/// each client asks, and what is done to the system. Only the interleaving is the machine's.
struct ChaosOptions {
  std::uint64_t seed = 1;
  std::chrono::milliseconds duration{20'000}; ///< no request begins later
  std::uint64_t max_requests = 0;             ///< over all clients; 0: no bound
  unsigned clients = 16;
  std::uint16_t ollama_port = 0; ///< of the simulator; 0: any that is free
  std::string base_url;          ///< where the system finds it, if there is a proxy between
  bool mischief = true;          ///< kills and faults; without, it is steady load
  /// Called at intervals with the times of the requests that were answered since.
  std::function<void(Latencies)> on_interval;
  std::chrono::milliseconds interval{60'000};
};

/// What became of the requests of a run.
struct ChaosReport {
  std::uint64_t requests = 0;
  std::uint64_t answered = 0;
  std::map<std::string, std::uint64_t> failed; ///< by the name of the error
  std::uint64_t abandoned = 0;                 ///< their requester died, on purpose
  std::uint64_t lost = 0;                      ///< never answered, or a stream without an end
  std::uint64_t duplicated = 0;                ///< answered twice, or a stream out of order
  std::uint64_t corrupted = 0;                 ///< the answer is not what the chunks said
  std::uint64_t kills = 0;
  std::uint64_t faults = 0;                      ///< requests that Ollama misbehaved to
  std::map<std::string, std::uint64_t> restarts; ///< by component
  Latencies times;                               ///< of answered requests, since the last interval
  std::string trouble;                           ///< any other broken promise; empty: none

  [[nodiscard]] bool ok() const {
    return lost == 0 && duplicated == 0 && corrupted == 0 && trouble.empty();
  }
};

/// Runs a system of its own before a simulator of its own; nothing is left of either afterwards.
[[nodiscard]] ChaosReport run_chaos(const ChaosOptions& options);

} // namespace nexus::llm::test
