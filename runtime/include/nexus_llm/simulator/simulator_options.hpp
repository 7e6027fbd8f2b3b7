// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "nexus_llm/simulator/personality.hpp"
#include "nexus_llm/simulator/simulated_model.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nexus::llm::simulator {

/// Options for constructing a simulator. Plain data.
struct SimulatorOptions {
  /// TCP port; 0: any free port.
  std::uint16_t port = 0;
  /// IPv4 or IPv6 address to bind.
  std::string address = "127.0.0.1";
  Personality personality = Personality::current;
  /// Version reported by /api/version. Empty: one that fits the personality.
  std::string version;
  /// Installed models. Invalid names are rejected (std::invalid_argument).
  std::vector<SimulatedModel> models;
  /// Duration of a model load; the simulator sends nothing meanwhile.
  std::chrono::milliseconds load_delay{0};
  /// Duration of the prompt evaluation; the simulator sends nothing meanwhile.
  std::chrono::milliseconds first_token_delay{0};
  /// Pause before each further token.
  std::chrono::milliseconds token_delay{0};
  /// Time an unload takes once the last request of the model has ended.
  std::chrono::milliseconds unload_delay{0};
  /// Requests that one loaded model runs at the same time; at least 1.
  unsigned parallel_slots = 1;
  /// Requests that may wait for a load; further ones get a 503 response.
  unsigned max_queue = 512;
  /// Models loaded at the same time; at the limit, the idle model that expires first is unloaded.
  /// 0: no limit.
  unsigned max_loaded_models = 3;
  /// How long an idle model stays loaded; negative: forever.
  std::chrono::nanoseconds keep_alive = std::chrono::minutes(5);
  /// Context length when neither the request nor the model limits it, in tokens.
  std::uint32_t default_num_ctx = 4096;
  /// Reject foreign `Host` values with 403, as a server bound to a loopback address does.
  bool check_host = true;
  /// Reject foreign `Origin` values with 403 and answer preflights.
  bool check_origin = true;
  /// After a client disconnect in mid-stream, keep the slot taken until the model is unloaded.
  bool wedge_on_disconnect = false;
  /// End a stream without `done:true` after 31 equal tokens in a row, as the real server does.
  bool repeat_guard = false;
  /// Keep connections alive, as the real server does. If false, a client cannot mistake a reset for
  /// the end of an idle connection and repeat the request on its own.
  bool reuse_connections = true;
  /// Combine lines into few writes (faster; each chunk still holds one line).
  bool cork_writes = false;
  /// Size of the send buffer of accepted sockets in bytes; 0: system default. With a small buffer,
  /// a stalled reader takes effect early.
  int send_buffer_bytes = 0;
  /// Models that /api/pull can download. Unset: every well-formed name exists.
  std::optional<std::vector<SimulatedModel>> registry;
  /// Progress lines per layer of a pull.
  unsigned pull_steps = 8;
  /// Pause between the progress lines of a pull.
  std::chrono::milliseconds pull_step_delay{0};
  /// Request records kept; the oldest are dropped first.
  std::size_t max_records = 10'000;
  /// Number of bytes of each request body kept in its record.
  std::size_t max_recorded_body = 1U << 20U;
};

} // namespace nexus::llm::simulator
