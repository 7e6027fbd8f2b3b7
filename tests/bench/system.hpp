// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "nexus_llm/llm_system.hpp"
#include "nexus_llm/node/node.hpp"
#include "nexus_llm/node/remote_llm.hpp"

namespace nexus::llm::bench {

/// The system under test, asked by actors as an embedder would.
class System {
public:
  enum class Place { here, behind_a_node };

  /// With fewer slots than requests, they wait in a queue.
  explicit System(const std::string& base_url, Place place = Place::here,
                  std::uint32_t slots = 16'384);

  /// How long `LLMSystem::start` takes, in microseconds.
  [[nodiscard]] static double start_time(const std::string& base_url);

  /// Streams an answer to each of several subscribers at once. Ends the process unless each gets
  /// all of it.
  void stream(const std::string& prompt, std::size_t streams, std::size_t subscribers,
              std::size_t expected_bytes);
  /// Asks again and again, with a number of requests under way. Returns how long each took, in
  /// microseconds.
  std::vector<double> ask_many(const std::string& prompt, std::size_t count, std::size_t at_once);
  /// Streams one answer after another. Returns when the first chunk of each came, in microseconds
  /// after its request.
  std::vector<double> first_chunks(const std::string& prompt, std::size_t count);
  /// Streams a stamped answer. Returns how old each chunk was when its subscriber had it, in
  /// microseconds.
  std::vector<double> chunk_ages(const std::string& prompt, std::size_t streams = 1);

private:
  /// An actor system, which needs its configuration for as long as it lives.
  struct Actors {
    explicit Actors(bool network);
    caf::actor_system_config config;
    std::unique_ptr<caf::actor_system> system;
  };

  Actors node_actors_;
  caf::actor_system* system_; ///< of those who ask
  std::unique_ptr<LLMSystem> llm_;
  std::unique_ptr<Node> node_;
  std::unique_ptr<Actors> remote_actors_;
  std::unique_ptr<RemoteLLM> remote_;
  role_handle role_;
};

} // namespace nexus::llm::bench
