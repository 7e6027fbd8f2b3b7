// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "nexus_llm/simulator/simulator_options.hpp"
#include "runtime/simulator/json_text.hpp"
#include "runtime/simulator/model_store.hpp"
#include "runtime/simulator/statistics.hpp"
#include "runtime/simulator/ticket.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace nexus::llm::simulator {

/// A loaded model.
struct Runner {
  enum class State { loading, loaded, unloading, gone };

  Runner(boost::asio::io_context& io, ModelStore::Entry entry)
      : model(std::move(entry)), timer(io) {}

  ModelStore::Entry model;
  LoadOptions options;
  State state = State::loading;
  std::chrono::nanoseconds keep_alive{0};
  LongTime expires_at;
  /// Requests that use it, waiting ones included.
  unsigned references = 0;
  unsigned slots_taken = 0;
  unsigned wedged = 0;
  /// Unload as soon as nothing uses it.
  bool expire = false;
  std::deque<std::shared_ptr<Ticket>> waiting;
  boost::asio::steady_timer timer;
};

/// Loads and unloads models and hands out their slots. Only for the server thread; tickets are
/// told through their callbacks, which may run inside submit().
class Scheduler {
public:
  Scheduler(boost::asio::io_context& io, SimulatorOptions& options, Statistics& statistics);

  void submit(const std::shared_ptr<Ticket>& ticket);
  /// The request has ended or its client has left, whatever it was doing. With `wedge` its slot
  /// stays taken.
  void release(const std::shared_ptr<Ticket>& ticket, bool wedge = false);
  /// Unloads the model once nothing uses it. Models with the same weights share one runner.
  void unload(const ModelStore::Entry& model);
  /// Loaded models, longest remaining life first.
  [[nodiscard]] std::vector<std::shared_ptr<Runner>> loaded() const;
  /// Forgets all models and requests without telling anyone.
  void reset();

private:
  using RunnerPtr = std::shared_ptr<Runner>;
  using TicketPtr = std::shared_ptr<Ticket>;

  [[nodiscard]] RunnerPtr find(const ModelStore::Entry& model) const;
  void pump();
  /// Returns false when the ticket has to wait.
  bool try_start(const TicketPtr& ticket);
  void load(const TicketPtr& ticket);
  void finish_load(const RunnerPtr& runner, const TicketPtr& ticket);
  void attach(const RunnerPtr& runner, const TicketPtr& ticket);
  void grant_slots(const RunnerPtr& runner);
  void idle(const RunnerPtr& runner);
  void start_unload(const RunnerPtr& runner);
  void finish_unload(const RunnerPtr& runner);
  void remove(const RunnerPtr& runner);
  void count_models();

  boost::asio::io_context& io_;
  SimulatorOptions& options_;
  Statistics& statistics_;
  /// By digest of the weights.
  std::map<std::string, RunnerPtr> runners_;
  std::deque<TicketPtr> pending_;
  /// The request that is being loaded for, or that waits for room.
  TicketPtr current_;
  bool pumping_ = false;
};

} // namespace nexus::llm::simulator
