// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

namespace nexus::llm::simulator {

/// Activity counters of a simulator since its construction. A snapshot; `start()` does not reset
/// them.
struct Counters {
  std::uint64_t accepts = 0;          ///< connections accepted
  std::uint64_t open_connections = 0; ///< connections open now
  std::uint64_t requests = 0;         ///< requests whose header and body were read
  std::uint64_t answered = 0;         ///< requests whose response was sent completely
  std::uint64_t disconnects_seen = 0; ///< clients that left before the response was complete
  std::uint64_t lines_sent = 0;       ///< NDJSON lines written
  std::uint64_t waiting = 0;          ///< inference requests waiting for a load or a slot now
  std::uint64_t running = 0;          ///< inference requests that hold a slot now
  std::uint64_t cancelled = 0;        ///< inference requests aborted by a client disconnect
  std::uint64_t loads = 0;            ///< model loads completed
  std::uint64_t loads_started = 0;    ///< model loads started
  std::uint64_t loads_aborted = 0;    ///< loads aborted by a client disconnect
  std::uint64_t unloads = 0;          ///< models unloaded (expiry, request, reload)
  std::uint64_t reloads = 0;          ///< loads forced by changed load options
  std::uint64_t wedged_slots = 0;     ///< slots lost to disconnects now
  std::uint64_t rejected_busy = 0;    ///< requests answered 503 because the queue was full
  std::uint64_t faults_fired = 0;     ///< requests hit by a fault
  std::uint64_t stalls_begun = 0;     ///< stalls of faults that have started
};

} // namespace nexus::llm::simulator
