// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "runtime/simulator/model_store.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace nexus::llm::simulator {

struct Runner;

/// The options that are fixed when a model is loaded. Other values force a reload.
struct LoadOptions {
  std::int64_t num_ctx = 0;
  /// The other ones, as text to compare.
  std::string others;

  bool operator==(const LoadOptions&) const = default;
};

/// The place of a request in the scheduler, from its submission until its release.
struct Ticket {
  enum class State { fresh, pending, loading, waiting_slot, ready, released };

  ModelStore::Entry model;
  LoadOptions options;
  /// Negative: forever. Unset: leave it as it is.
  std::optional<std::chrono::nanoseconds> keep_alive;
  /// False for requests that only load the model.
  bool needs_slot = true;
  /// Called once the model is loaded and, if needed, a slot is taken.
  std::function<void()> on_ready;

  State state = State::fresh;
  std::shared_ptr<Runner> runner;
};

} // namespace nexus::llm::simulator
