// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "runtime/simulator/exchange.hpp"
#include "runtime/simulator/server.hpp"
#include "runtime/simulator/ticket.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace nexus::llm::simulator {

/// A request that needs a loaded model: waits for it, runs, and gives everything back when its
/// client leaves.
class Job : public std::enable_shared_from_this<Job> {
public:
  Job(std::shared_ptr<Exchange> exchange, Server& server, std::shared_ptr<Ticket> ticket);
  virtual ~Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  void start();

protected:
  /// The model is loaded and, if the ticket asks for one, a slot is taken.
  virtual void run() = 0;
  /// Whether a disconnect now can cost the slot.
  [[nodiscard]] virtual bool in_stream() const { return false; }

  [[nodiscard]] Exchange& exchange() { return *exchange_; }
  [[nodiscard]] const Exchange& exchange() const { return *exchange_; }
  [[nodiscard]] Server& server() { return server_; }
  [[nodiscard]] bool ended() const { return ticket_->state == Ticket::State::released; }
  /// Runs `action` later, unless the job has ended by then; at once when the delay is zero.
  void after(std::chrono::nanoseconds delay, std::function<void()> action);
  void release();

private:
  int abandoned(bool client_left);

  std::shared_ptr<Exchange> exchange_;
  Server& server_;
  std::shared_ptr<Ticket> ticket_;
  boost::asio::steady_timer timer_;
};

/// A job with a single action.
class SimpleJob : public Job {
public:
  SimpleJob(std::shared_ptr<Exchange> exchange, Server& server, std::shared_ptr<Ticket> ticket,
            std::chrono::nanoseconds duration, std::function<void(Exchange&)> action)
      : Job(std::move(exchange), server, std::move(ticket)), duration_(duration),
        action_(std::move(action)) {}

protected:
  void run() override;

private:
  std::chrono::nanoseconds duration_;
  std::function<void(Exchange&)> action_;
};

} // namespace nexus::llm::simulator
