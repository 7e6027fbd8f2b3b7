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

/// The place of Ollama in a script. It answers by itself what only asks about models, and requests
/// to models that have a `reply`; everything else waits for the script. One thread.
class OllamaStage {
public:
  virtual ~OllamaStage() = default;

  [[nodiscard]] virtual std::string base_url() const = 0;
  [[nodiscard]] virtual TransportFactory transport() = 0;

  /// The exchanges that came since the last call.
  [[nodiscard]] virtual std::vector<StagedExchange> take_new() = 0;
  /// Status and headers; comes first. `Retry-After` in seconds where it is not negative.
  virtual void begin(std::uint64_t exchange, int status, int retry_after_seconds) = 0;
  /// A part of the body.
  virtual void send(std::uint64_t exchange, std::string_view bytes) = 0;
  virtual void end(std::uint64_t exchange, AnswerEnd how) = 0;
  /// Whether the client ended this exchange before its answer was complete; may wait for a socket.
  [[nodiscard]] virtual bool abandoned(std::uint64_t exchange) = 0;

  /// Nobody listens any more; connections break.
  virtual void stop() = 0;
  virtual void start() = 0;
  /// Installs or replaces a model.
  virtual void add_model(const simulator::SimulatedModel& model) = 0;
  virtual void remove_model(const std::string& name) = 0;
  /// Whether it answers questions about models itself, as it does at first.
  virtual void set_obliging(bool obliging) = 0;

  /// What is still on its way between the two sides, in words; empty where nothing is. Must not
  /// wait.
  [[nodiscard]] virtual std::string unrest() = 0;
};

/// An Ollama without sockets: as fast as memory, and the same every time.
[[nodiscard]] std::unique_ptr<OllamaStage> make_virtual_ollama();

/// The simulator behind a real socket on 127.0.0.1, asked by libcurl.
[[nodiscard]] std::unique_ptr<OllamaStage> make_simulated_ollama();

} // namespace nexus::llm::testing
