// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "nexus_llm/simulator/fault.hpp"
#include "nexus_llm/simulator/simulator_options.hpp"
#include "runtime/simulator/model_store.hpp"
#include "runtime/simulator/request_body.hpp"
#include "runtime/simulator/scheduler.hpp"
#include "runtime/simulator/statistics.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace nexus::llm::simulator {

class Connection;
class Exchange;

/// What all connections share: models, scheduler, faults and routes. Only for the server thread,
/// except statistics().
class Server {
public:
  Server(boost::asio::io_context& io, const SimulatorOptions& options, Statistics& statistics);

  [[nodiscard]] boost::asio::io_context& io() { return io_; }
  [[nodiscard]] const SimulatorOptions& options() const { return options_; }
  [[nodiscard]] bool old() const { return options_.personality == Personality::v0_5_4; }
  [[nodiscard]] Statistics& statistics() { return statistics_; }
  [[nodiscard]] ModelStore& store() { return store_; }
  [[nodiscard]] Scheduler& scheduler() { return scheduler_; }

  void inject(Fault fault) { faults_.push_back(std::move(fault)); }
  void clear_faults() { faults_.clear(); }
  void queue_reply(std::string_view model, std::string text);
  /// Takes the next queued reply for a model.
  [[nodiscard]] std::optional<std::string> next_reply(const ModelName& model);

  /// Returns the exchange of a request record; null if it has ended.
  [[nodiscard]] std::shared_ptr<Exchange> find_exchange(std::uint64_t record) const;

  void add_connection(std::shared_ptr<Connection> connection);
  void connection_closed(const Connection& connection);
  /// Closes all connections and unloads all models.
  void close_all();

  /// Records a request, applies its fault and calls its handler.
  void handle(const std::shared_ptr<Exchange>& exchange);

  /// Calls `action` once the model is loaded and, if the ticket needs one, a slot is taken.
  /// Releases both at the end of the exchange. Responds with 503 if the queue is full.
  void run(const std::shared_ptr<Exchange>& exchange, const std::shared_ptr<Ticket>& ticket,
           std::function<void()> action);

  /// Parses the body of a request. Responds with 400 and returns nothing if it is invalid.
  [[nodiscard]] static std::optional<RequestBody> read_body(Exchange& exchange);
  /// Returns the installed model of this name. Responds with an error and returns nullptr if there
  /// is none.
  [[nodiscard]] ModelStore::Entry find_model(Exchange& exchange, const std::string& name) const;

private:
  [[nodiscard]] std::optional<Fault> match_fault(const std::string& path, const std::string& model);
  void route(const std::shared_ptr<Exchange>& exchange);

  boost::asio::io_context& io_;
  const SimulatorOptions& options_;
  Statistics& statistics_;
  ModelStore store_;
  Scheduler scheduler_;
  std::list<Fault> faults_;
  std::map<std::string, std::deque<std::string>> replies_; ///< by key of the model; "": any
  std::map<std::uint64_t, std::shared_ptr<Connection>> connections_;
};

} // namespace nexus::llm::simulator
