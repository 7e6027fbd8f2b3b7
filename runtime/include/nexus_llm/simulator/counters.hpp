#pragma once

#include <cstdint>

namespace nexus::llm::simulator {

/// What a simulator has seen and done since it was made. A snapshot; `start()` does not reset it.
struct Counters {
  std::uint64_t accepts = 0;          ///< connections accepted
  std::uint64_t open_connections = 0; ///< connections open now
  std::uint64_t requests = 0;         ///< requests whose header and body were read
  std::uint64_t answered = 0;         ///< requests whose answer was sent completely
  std::uint64_t disconnects_seen = 0; ///< client left before its answer was complete
  std::uint64_t half_closes_seen = 0; ///< of those, the ones told by FIN, not by a reset
  std::uint64_t lines_sent = 0;       ///< NDJSON lines written
  std::uint64_t tokens_sent = 0;      ///< tokens of text written, streamed or not
  std::uint64_t waiting = 0;          ///< inference requests waiting for a load or a slot now
  std::uint64_t running = 0;          ///< inference requests that hold a slot now
  std::uint64_t cancelled = 0;        ///< inference requests ended early because the client left
  std::uint64_t loads = 0;            ///< model loads completed
  std::uint64_t loads_started = 0;    ///< model loads begun
  std::uint64_t loads_aborted = 0;    ///< loads given up because the client left
  std::uint64_t unloads = 0;          ///< models unloaded (expiry, request, eviction, reload)
  std::uint64_t reloads = 0;          ///< loads forced by changed load options
  std::uint64_t loaded_models = 0;    ///< models loaded now
  std::uint64_t wedged_slots = 0;     ///< slots lost to disconnects now
  std::uint64_t rejected_busy = 0;    ///< requests answered 503 because the queue was full
  std::uint64_t faults_fired = 0;     ///< requests hit by a fault
  std::uint64_t stalls_begun = 0;     ///< stalls of faults that have begun
};

} // namespace nexus::llm::simulator
