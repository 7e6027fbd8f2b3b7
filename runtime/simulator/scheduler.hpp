// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "nexus_llm/simulator/simulator_options.hpp"
#include "runtime/simulator/model_store.hpp"
#include "runtime/simulator/runner.hpp"
#include "runtime/simulator/statistics.hpp"
#include "runtime/simulator/ticket.hpp"

#include <boost/asio/io_context.hpp>

#include <deque>
#include <map>
#include <memory>
#include <string>

namespace nexus::llm::simulator {

/// Loads and unloads models and assigns their slots to tickets. Loads one model at a time; a
/// request for a loaded model does not wait for other loads. Only for the server thread; the
/// callback of a ticket may run inside submit().
class Scheduler {
public:
  Scheduler(boost::asio::io_context& io, const SimulatorOptions& options, Statistics& statistics);

  /// Returns false if the queue is full.
  [[nodiscard]] bool submit(const std::shared_ptr<Ticket>& ticket);
  /// Ends a request in any state. If `wedge` is set, its slot stays taken.
  void release(const std::shared_ptr<Ticket>& ticket, bool wedge = false);
  /// Unloads the model once nothing uses it.
  void unload(const ModelStore::Entry& model);
  /// Returns the models that are loaded or being loaded, by key of the name.
  [[nodiscard]] const std::map<std::string, std::shared_ptr<Runner>>& runners() const {
    return runners_;
  }
  /// Forgets all models and requests without notifying anyone.
  void reset();

private:
  using RunnerPtr = std::shared_ptr<Runner>;
  using TicketPtr = std::shared_ptr<Ticket>;

  [[nodiscard]] RunnerPtr find(const ModelStore::Entry& model) const;
  void drop_pending(const TicketPtr& ticket);
  /// Starts pending tickets until one has to wait.
  void pump();
  /// Returns false if the ticket has to wait.
  bool try_start(const TicketPtr& ticket);
  void load(const TicketPtr& ticket);
  void finish_load(const TicketPtr& ticket);
  void attach(const RunnerPtr& runner, const TicketPtr& ticket);
  void grant_slots(const RunnerPtr& runner);
  void idle(const RunnerPtr& runner);
  void unload_now(const RunnerPtr& runner);
  void remove(const RunnerPtr& runner);

  boost::asio::io_context& io_;
  const SimulatorOptions& options_;
  Statistics& statistics_;
  std::map<std::string, RunnerPtr> runners_;
  /// Requests that need a load. The first one may be in state `loading`.
  std::deque<TicketPtr> pending_;
  bool pumping_ = false;
};

} // namespace nexus::llm::simulator
