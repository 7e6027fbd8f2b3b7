// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/job.hpp"

#include <utility>

namespace nexus::llm::simulator {

Job::Job(std::shared_ptr<Exchange> exchange, Server& server, std::shared_ptr<Ticket> ticket)
    : exchange_(std::move(exchange)), server_(server), ticket_(std::move(ticket)),
      timer_(server.io()) {}

void Job::start() {
  const auto self = shared_from_this();
  exchange_->on_abandoned([self](bool client_left) { return self->abandoned(client_left); });
  ticket_->on_ready = [self] {
    self->server_.statistics().update(self->exchange_->record(), [](RequestRecord& record) {
      record.slot_taken_at = std::chrono::steady_clock::now();
    });
    self->run();
  };
  ticket_->on_failed = [self](int status, const std::string& error) {
    self->exchange_->reply_error(status, error);
  };
  server_.scheduler().submit(ticket_);
}

void Job::after(std::chrono::nanoseconds delay, std::function<void()> action) {
  if (delay.count() <= 0) {
    action();
    return;
  }
  timer_.expires_after(delay);
  timer_.async_wait([self = shared_from_this(),
                     action = std::move(action)](const boost::system::error_code& error) {
    if (!error && !self->ended())
      action();
  });
}

void Job::release() { server_.scheduler().release(ticket_); }

int Job::abandoned(bool client_left) {
  const auto self = shared_from_this();
  timer_.cancel();
  const bool loading =
      ticket_->state == Ticket::State::pending || ticket_->state == Ticket::State::loading;
  if (client_left && !ended())
    server_.statistics().count([](Counters& c) { ++c.cancelled; });
  const bool wedge = client_left && server_.options().wedge_on_disconnect &&
                     ticket_->state == Ticket::State::ready && in_stream();
  server_.scheduler().release(ticket_, wedge);
  return loading ? 499 : 500;
}

void SimpleJob::run() {
  after(duration_, [this] {
    // The slot is free before the client can know of its answer.
    release();
    action_(exchange());
  });
}

} // namespace nexus::llm::simulator
