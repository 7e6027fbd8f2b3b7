// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/test/unit_test.hpp>
#include <caf/scoped_actor.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "nexus_llm/interfaces.hpp"
#include "nexus_llm/llm_integration.hpp"
#include "nexus_llm/simulator/simulator.hpp"

namespace nexus::llm::test {

using namespace std::chrono_literals;
using simulator::Fault;

inline constexpr auto overseer = AIRole::overseer;
inline constexpr auto implementation = AIRole::implementation;
/// Nothing in these tests takes as long, unless it hangs.
inline constexpr auto deadline = 20s;

/// The specification's two models, and one for falling back.
[[nodiscard]] simulator::SimulatorOptions default_models();

/// Settings with short waits.
[[nodiscard]] LLMClientConfig quick(const simulator::Simulator& sim);

/// A simulator and the whole system in front of it.
class World {
public:
  explicit World(simulator::SimulatorOptions options = default_models(),
                 const std::function<void(LLMClientConfig&)>& adjust = {});
  ~World();

  [[nodiscard]] caf::actor_system& system();
  [[nodiscard]] LLMSystem& llm();

  /// Ends a component the hard way and waits until it is gone.
  void kill(const std::string& component);
  /// Waits until the supervisor has started a component for the given time.
  void wait_for_restarts(const std::string& component, std::uint64_t restarts);

  simulator::Simulator sim;

private:
  struct Actors;
  std::unique_ptr<Actors> actors_;

public:
  LLMIntegration api;
};

/// What a subscriber heard, in order.
struct Heard {
  std::vector<LLMStreamChunk> chunks;
  std::vector<StreamError> errors;
  std::vector<RequestProgress> progress;

  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool ended() const {
    return !errors.empty() || (!chunks.empty() && chunks.back().done);
  }
  [[nodiscard]] bool saw(Phase phase) const;
  /// Fails the test unless `seq` runs from 0 without a gap and there is exactly one end.
  void check_order() const;
};

/// A subscriber that remembers. Each call waits until the condition holds, or fails the test.
class Probe {
public:
  /// `slow` answers no chunk until `handle_all` was called.
  explicit Probe(caf::actor_system& system, bool slow = false);
  ~Probe();

  [[nodiscard]] const stream_subscriber& handle() const { return handle_; }
  Heard wait_until(const std::function<bool(const Heard&)>& condition);
  Heard wait_for_end() {
    return wait_until([](const Heard& heard) { return heard.ended(); });
  }
  [[nodiscard]] Heard heard() const;
  void handle_all();
  void die();

  struct Shared;

private:
  std::shared_ptr<Shared> shared_;
  stream_subscriber handle_;
};

} // namespace nexus::llm::test
