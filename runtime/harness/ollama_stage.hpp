// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actors/ollama_client/ollama_client_actor.hpp"
#include "nexus_llm/simulator/simulated_model.hpp"
#include "nexus_llm/testing/staged_exchange.hpp"

namespace nexus::llm::testing {

/// Takes the place of Ollama in a script. Answers requests about models, and requests to models
/// with a `reply`, by itself; all others wait for the script. Not thread-safe.
class OllamaStage {
public:
  virtual ~OllamaStage() = default;

  [[nodiscard]] virtual std::string base_url() const = 0;
  [[nodiscard]] virtual TransportFactory transport() = 0;

  /// Returns the exchanges that have arrived since the last call.
  [[nodiscard]] virtual std::vector<StagedExchange> take_new() = 0;
  /// Sets status and headers; must come first. Adds `Retry-After` if the value is not negative.
  virtual void begin(std::uint64_t exchange, int status, int retry_after_seconds) = 0;
  /// Sends a part of the body.
  virtual void send(std::uint64_t exchange, std::string_view bytes) = 0;
  virtual void end(std::uint64_t exchange, AnswerEnd how) = 0;
  /// Whether the client has aborted this exchange before the response was complete. May block on a
  /// socket.
  [[nodiscard]] virtual bool abandoned(std::uint64_t exchange) = 0;

  /// Closes the port and breaks all connections.
  virtual void stop() = 0;
  virtual void start() = 0;
  /// Installs or replaces a model.
  virtual void add_model(const simulator::SimulatedModel& model) = 0;
  virtual void remove_model(const std::string& name) = 0;
  /// Sets whether the stage answers requests about models by itself (default: true).
  virtual void set_obliging(bool obliging) = 0;

  /// Describes what is still in transit between client and server; empty if nothing is. Must not
  /// block.
  [[nodiscard]] virtual std::string unrest() = 0;
};

/// Creates an Ollama without sockets: fast and deterministic.
[[nodiscard]] std::unique_ptr<OllamaStage> make_virtual_ollama();

/// Creates an Ollama from the simulator, with a real socket on 127.0.0.1 and libcurl as client.
[[nodiscard]] std::unique_ptr<OllamaStage> make_simulated_ollama();

} // namespace nexus::llm::testing
