// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "runtime/simulator/load_options.hpp"
#include "runtime/simulator/model_store.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace nexus::llm::simulator {

struct Runner;

/// A request's place in the scheduler, from its submission until it is released.
struct Ticket {
  enum class State { fresh, pending, loading, waiting_slot, ready, released };

  ModelStore::Entry model;
  LoadOptions options;
  /// Negative: for ever. Unset: what is in force.
  std::optional<std::chrono::nanoseconds> keep_alive;
  /// False for requests that only load.
  bool needs_slot = true;
  std::function<void()> on_ready;
  std::function<void(int status, const std::string& error)> on_failed;

  State state = State::fresh;
  std::shared_ptr<Runner> runner;
};

} // namespace nexus::llm::simulator
