// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "nexus_llm/simulator/fault.hpp"
#include "nexus_llm/simulator/simulator_options.hpp"
#include "runtime/simulator/model_store.hpp"
#include "runtime/simulator/scheduler.hpp"
#include "runtime/simulator/statistics.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::llm::simulator {

class Connection;
class Exchange;

/// An answer which a test has laid down for one request.
struct ScriptedAnswer {
  std::string text;
  std::vector<SimulatedToolCall> tool_calls;
};

/// What all connections share: models, scheduler, faults and the routes. Only for the server
/// thread, apart from statistics().
class Server {
public:
  Server(boost::asio::io_context& io, SimulatorOptions& options, Statistics& statistics);

  [[nodiscard]] boost::asio::io_context& io() { return io_; }
  [[nodiscard]] const SimulatorOptions& options() const { return options_; }
  [[nodiscard]] bool old() const { return options_.personality == Personality::v0_5_4; }
  [[nodiscard]] Statistics& statistics() { return statistics_; }
  [[nodiscard]] ModelStore& store() { return store_; }
  [[nodiscard]] Scheduler& scheduler() { return scheduler_; }

  void inject(Fault fault) { faults_.push_back(std::move(fault)); }
  void clear_faults() { faults_.clear(); }
  void script(std::string_view model, ScriptedAnswer answer);
  [[nodiscard]] std::optional<ScriptedAnswer> next_script(const ModelName& model);

  /// Remembers a request that waits for its answer from outside.
  void hold(std::uint64_t record, std::weak_ptr<Exchange> exchange);
  /// The held request with this number; null when its client has left.
  [[nodiscard]] std::shared_ptr<Exchange> held(std::uint64_t record) const;

  void add_connection(std::shared_ptr<Connection> connection);
  void connection_closed(const Connection& connection);
  void close_all();

  /// Whether a request has a handler that reads its body.
  [[nodiscard]] bool reads_body(const std::string& method, const std::string& target) const;
  void handle(const std::shared_ptr<Exchange>& exchange);

private:
  void note(const std::shared_ptr<Exchange>& exchange);
  [[nodiscard]] std::optional<Fault> match_fault(const std::string& path, const std::string& model);
  void route(const std::shared_ptr<Exchange>& exchange);

  boost::asio::io_context& io_;
  SimulatorOptions& options_;
  Statistics& statistics_;
  ModelStore store_;
  Scheduler scheduler_;
  std::list<Fault> faults_;
  std::map<std::string, std::deque<ScriptedAnswer>> scripts_;
  std::map<std::uint64_t, std::shared_ptr<Connection>> connections_;
  std::map<std::uint64_t, std::weak_ptr<Exchange>> held_;
};

} // namespace nexus::llm::simulator
