// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "nexus_llm/simulator/counters.hpp"
#include "nexus_llm/simulator/fault.hpp"
#include "nexus_llm/simulator/personality.hpp"
#include "nexus_llm/simulator/request_record.hpp"
#include "nexus_llm/simulator/simulated_model.hpp"
#include "nexus_llm/simulator/simulator_options.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::llm::simulator {

/// A server that implements the Ollama HTTP API over TCP without any inference.
///
/// Every generated text states that it is simulated. The simulator runs one thread that serves all
/// connections; timers drive the pacing. It listens on 127.0.0.1. A token is a word with the white
/// space before it; words longer than 12 bytes count once per 12 bytes. Prompts are counted the
/// same way. The same model, prompt and `seed` produce the same text.
///
/// Thread safety: all members may be called from any thread at the same time, except the
/// destructor. Changes take effect before the call returns. Members must not be called from the
/// predicate of wait_until().
///
/// Limits: HTTP/1.0 and HTTP/1.1 only; request headers of 1 MiB and bodies of 1 GiB, which are held
/// in memory. The disconnect of a client that sends its next request early goes unnoticed.
class Simulator {
public:
  /// Binds, listens and starts the thread. Throws std::system_error if the address cannot be
  /// bound, std::invalid_argument if a model name is invalid.
  explicit Simulator(SimulatorOptions options = {});
  /// Stops the server and joins its thread.
  ~Simulator();
  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;

  /// Returns the port in use; stop() and start() do not change it.
  [[nodiscard]] std::uint16_t port() const;
  /// Returns "http://127.0.0.1:PORT", without trailing slash.
  [[nodiscard]] std::string base_url() const;

  /// Adds a fault for later requests.
  void inject(Fault fault);
  /// Removes all faults; faults already applied to a request stay in effect.
  void clear_faults();

  /// Acts like a killed server: closes the listener and every connection immediately, without
  /// completing active streams. Unloads all models, but keeps them installed.
  void stop();
  /// Listens again on the same port. Throws std::system_error if the port is no longer free.
  /// No effect while running.
  void start();

  /// Installs a model, or replaces the installed one of that name. Throws std::invalid_argument
  /// if the name is invalid.
  void add_model(SimulatedModel model);
  /// Removes an installed model; its active requests continue. No effect if it is not installed.
  void remove_model(std::string_view name);

  /// Sets the delays of later loads, prompt evaluations and token streams.
  void set_delays(std::chrono::milliseconds load, std::chrono::milliseconds first_token,
                  std::chrono::milliseconds token);
  /// Sets the fixed reply of a model; empty: use generated replies. Throws std::invalid_argument if
  /// the model is not installed.
  void set_reply(std::string_view model, std::string text);
  /// Queues a reply for one inference request to the model. Queued replies take precedence over the
  /// fixed or generated reply. Empty name: any model.
  void queue_reply(std::string_view model, std::string text);

  /// Sends bytes to the client of a request held by Fault::held(), identified by the id of its
  /// record. The bytes include the response header. No effect if the client has disconnected.
  void send_held(std::uint64_t request, std::string bytes);
  /// Ends the response of a held request; Ending::keep_open leaves the connection open.
  void end_held(std::uint64_t request, Fault::Ending ending);

  /// Returns the counters. They cover everything that a client has already received, including the
  /// end of the response. A disconnect is counted once the operating system reports it: use
  /// wait_until() for that.
  [[nodiscard]] Counters counters() const;
  /// Returns the latest requests, newest last; at most SimulatorOptions::max_records. As up to date
  /// as counters().
  [[nodiscard]] std::vector<RequestRecord> requests() const;
  /// Waits until the predicate returns true for the counters. Returns false if the deadline passes
  /// first. The predicate runs on the calling thread under a lock and must only read its argument.
  bool wait_until(const std::function<bool(const Counters&)>& predicate,
                  std::chrono::milliseconds deadline) const;

private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace nexus::llm::simulator
