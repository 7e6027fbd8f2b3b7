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

/// A server that speaks the Ollama HTTP API over TCP without any inference behind it.
///
/// Every generated text says that it is simulated. One thread of its own serves all connections;
/// timers drive the pacing. A token is a word with the white space before it, words longer than 12
/// bytes count once per 12 bytes; prompts are counted the same way. The same model, prompt and
/// `seed` give the same text.
///
/// Thread safety: all members may be called from any thread at the same time, except the
/// destructor. Changes are in force when the call returns. Members must not be called from the
/// predicate of wait_until().
///
/// Limits: HTTP/1.0 and HTTP/1.1 only; header block of 1 MiB; bodies are held in memory.
class Simulator {
public:
  /// Binds, listens and starts the thread. Throws std::system_error when the address cannot be
  /// bound, std::invalid_argument when a model name is not valid.
  explicit Simulator(SimulatorOptions options = {});
  /// Stops the server and joins its thread.
  ~Simulator();
  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;

  /// The port in use; stays the same over stop() and start().
  [[nodiscard]] std::uint16_t port() const;
  /// "http://127.0.0.1:PORT", no trailing slash; IPv6 addresses in brackets.
  [[nodiscard]] std::string base_url() const;

  void inject(Fault fault);
  /// Drops all faults; requests already hit keep theirs.
  void clear_faults();

  /// Acts like a killed server: closes the listener and every connection at once, without the end
  /// of running streams. Installed models stay, loaded ones are unloaded.
  void stop();
  /// Listens again on the same port. Throws std::system_error when the port was taken meanwhile.
  /// No effect while running.
  void start();
  [[nodiscard]] bool running() const;

  /// Installs a model, or replaces the installed one of that name. Throws std::invalid_argument
  /// when the name is not valid.
  void add_model(SimulatedModel model);
  /// Removes an installed model; running requests on it go on. No effect when it is not there.
  void remove_model(std::string_view name);
  /// Names of the installed models in canonical form, e.g. "llama3.2:latest".
  [[nodiscard]] std::vector<std::string> models() const;

  /// Sets the delays of later loads, prompt evaluations and tokens.
  void set_delays(std::chrono::milliseconds load, std::chrono::milliseconds first_token,
                  std::chrono::milliseconds token);
  /// Sets the fixed reply of a model; empty: generated again. Throws std::invalid_argument when the
  /// model is not installed.
  void set_reply(std::string_view model, std::string text);
  /// Sets the replies of the next inference requests for the model, one request each, before its
  /// fixed or generated reply is used again. Empty name: for any model.
  void queue_reply(std::string_view model, std::string text);
  /// Makes the next inference request for the model answer with these tool calls.
  void queue_tool_calls(std::string_view model, std::vector<SimulatedToolCall> calls);

  /// Sends bytes to the client of a request that Fault::held() hit, by the number of its record:
  /// the head of the answer too. No effect when the client has left.
  void send_held(std::uint64_t request, std::string bytes);
  /// Ends the connection of such a request; Ending::keep_open says nothing more on it.
  void end_held(std::uint64_t request, Fault::Ending ending);

  /// Includes everything that a client has already received, its end as well. A client that has
  /// left is counted once the system has told the server: use wait_until() for that.
  [[nodiscard]] Counters counters() const;
  /// The latest requests, newest last; at most SimulatorOptions::max_records. As up to date as
  /// counters().
  [[nodiscard]] std::vector<RequestRecord> requests() const;
  /// Waits until the predicate holds for the counters. Returns false when the deadline passes
  /// first. The predicate runs on the calling thread under a lock: it must only look at its
  /// argument.
  bool wait_until(const std::function<bool(const Counters&)>& predicate,
                  std::chrono::milliseconds deadline) const;

private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace nexus::llm::simulator
