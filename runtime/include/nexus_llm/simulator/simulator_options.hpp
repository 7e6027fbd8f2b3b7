// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "nexus_llm/simulator/personality.hpp"
#include "nexus_llm/simulator/simulated_model.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace nexus::llm::simulator {

/// Options for constructing a simulator. Plain data.
struct SimulatorOptions {
  /// TCP port; 0: any free port.
  std::uint16_t port = 0;
  Personality personality = Personality::current;
  /// Installed models. Invalid names are rejected (std::invalid_argument).
  std::vector<SimulatedModel> models;
  /// Duration of a model load; the simulator sends nothing meanwhile.
  std::chrono::milliseconds load_delay{0};
  /// Duration of the prompt evaluation; the simulator sends nothing meanwhile.
  std::chrono::milliseconds first_token_delay{0};
  /// Pause before each further token.
  std::chrono::milliseconds token_delay{0};
  /// Requests that one loaded model runs at the same time; at least 1.
  unsigned parallel_slots = 1;
  /// Requests that may wait for a load; further ones get a 503 response.
  unsigned max_queue = 512;
  /// How long an idle model stays loaded; negative: forever.
  std::chrono::nanoseconds keep_alive = std::chrono::minutes(5);
  /// After a client disconnect in mid-stream, keep the slot taken until the model is unloaded.
  bool wedge_on_disconnect = false;
  /// Keep connections alive, as the real server does. If false, a client cannot mistake a reset for
  /// the end of an idle connection and repeat the request on its own.
  bool reuse_connections = true;
  /// Models that /api/pull can download. Unset: every well-formed name exists.
  std::optional<std::vector<SimulatedModel>> registry;
  /// Pause between the progress lines of a pull, push or create.
  std::chrono::milliseconds pull_step_delay{0};
  /// Request records kept; the oldest are dropped first.
  std::size_t max_records = 10'000;
};

} // namespace nexus::llm::simulator
