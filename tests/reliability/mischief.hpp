// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <random>
#include <thread>

#include "nexus_llm/interfaces.hpp"
#include "nexus_llm/llm_system.hpp"
#include "nexus_llm/simulator/simulator.hpp"
#include "tests/reliability/seen_requests.hpp"

namespace nexus::llm::test {

/// A thread that makes trouble by lot: kills components and requests, takes models away and gives
/// them back, stops the server for a moment, and makes it misbehave in every way that it knows.
class Mischief {
public:
  Mischief(std::uint64_t seed, caf::actor_system& system, LLMSystem& llm,
           simulator::Simulator& ollama, const SeenRequests& requests);
  ~Mischief();
  Mischief(const Mischief&) = delete;
  Mischief& operator=(const Mischief&) = delete;

  /// Ends the thread, heals the server, and returns how many actors were killed. May be called
  /// again.
  std::uint64_t stop();

private:
  void run();
  void one_act();
  void kill_one();
  void inject_fault();
  void move_model();
  void interrupt_server();
  /// False where it is time to stop.
  bool pause(std::chrono::milliseconds time);
  [[nodiscard]] std::uint64_t draw(std::uint64_t below) { return random_() % below; }

  std::mt19937_64 random_;
  caf::actor_system& system_;
  LLMSystem& llm_;
  simulator::Simulator& ollama_;
  const SeenRequests& requests_;
  std::uint64_t kills_ = 0;
  std::mutex mutex_;
  std::condition_variable stopping_changed_;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace nexus::llm::test
