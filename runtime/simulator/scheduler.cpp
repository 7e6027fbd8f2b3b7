// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/scheduler.hpp"

#include <algorithm>
#include <utility>

namespace nexus::llm::simulator {
namespace {

using namespace std::chrono;

system_clock::time_point expiry_of(nanoseconds keep_alive) {
  return keep_alive < nanoseconds(0) ? system_clock::time_point::max()
                                     : system_clock::now() + keep_alive;
}

} // namespace

Scheduler::Scheduler(boost::asio::io_context& io, const SimulatorOptions& options,
                     Statistics& statistics)
    : io_(io), options_(options), statistics_(statistics) {}

bool Scheduler::submit(const TicketPtr& ticket) {
  const auto runner = find(ticket->model);
  if (runner && runner->state == Runner::State::loaded && ticket->options == runner->options) {
    attach(runner, ticket);
    return true;
  }
  // The first one does not count, as it is being loaded.
  if (pending_.size() > options_.max_queue) {
    statistics_.count([](Counters& c) { ++c.rejected_busy; });
    return false;
  }
  ticket->state = Ticket::State::pending;
  pending_.push_back(ticket);
  statistics_.count([](Counters& c) { ++c.waiting; });
  pump();
  return true;
}

void Scheduler::release(const TicketPtr& ticket, bool wedge) {
  const auto before = std::exchange(ticket->state, Ticket::State::released);
  const auto runner = std::exchange(ticket->runner, nullptr);
  ticket->on_ready = nullptr;
  switch (before) {
  case Ticket::State::fresh:
  case Ticket::State::released:
    return;
  case Ticket::State::loading:
    statistics_.count([](Counters& c) { ++c.loads_aborted; });
    remove(runner);
    [[fallthrough]];
  case Ticket::State::pending:
    drop_pending(ticket);
    pump();
    return;
  case Ticket::State::waiting_slot:
    std::erase(runner->waiting, ticket);
    statistics_.count([](Counters& c) { --c.waiting; });
    break;
  case Ticket::State::ready:
    if (ticket->needs_slot) {
      if (wedge)
        ++runner->wedged;
      else
        --runner->slots_taken;
      statistics_.count([wedge](Counters& c) {
        --c.running;
        c.wedged_slots += wedge ? 1 : 0;
      });
    }
    break;
  }
  --runner->references;
  grant_slots(runner);
  if (runner->references == 0)
    idle(runner);
}

void Scheduler::unload(const ModelStore::Entry& model) {
  const auto runner = find(model);
  if (!runner || runner->state != Runner::State::loaded)
    return;
  runner->expire = true;
  if (runner->references == 0)
    unload_now(runner);
}

void Scheduler::reset() {
  while (!runners_.empty())
    remove(runners_.begin()->second);
  pending_.clear();
  statistics_.count([](Counters& c) { c.wedged_slots = 0; });
}

Scheduler::RunnerPtr Scheduler::find(const ModelStore::Entry& model) const {
  const auto found = runners_.find(model->name.key());
  return found == runners_.end() ? nullptr : found->second;
}

void Scheduler::drop_pending(const TicketPtr& ticket) {
  std::erase(pending_, ticket);
  statistics_.count([](Counters& c) { --c.waiting; });
}

void Scheduler::pump() {
  if (std::exchange(pumping_, true))
    return;
  while (!pending_.empty() && pending_.front()->state == Ticket::State::pending) {
    const auto ticket = pending_.front();
    if (!try_start(ticket))
      break;
  }
  pumping_ = false;
}

bool Scheduler::try_start(const TicketPtr& ticket) {
  if (const auto runner = find(ticket->model)) {
    if (!runner->expire && ticket->options == runner->options) {
      drop_pending(ticket);
      attach(runner, ticket);
      return true;
    }
    if (!std::exchange(runner->expire, true))
      statistics_.count([](Counters& c) { ++c.reloads; });
    if (runner->references > 0)
      return false;
    unload_now(runner);
  }
  load(ticket);
  return true;
}

void Scheduler::load(const TicketPtr& ticket) {
  const auto runner = std::make_shared<Runner>(io_, ticket->model, ticket->options);
  runners_[ticket->model->name.key()] = runner;
  ticket->runner = runner;
  ticket->state = Ticket::State::loading;
  statistics_.count([](Counters& c) { ++c.loads_started; });
  if (options_.load_delay.count() <= 0) {
    finish_load(ticket);
    return;
  }
  runner->timer.expires_after(options_.load_delay);
  runner->timer.async_wait([this, runner, ticket](const boost::system::error_code& error) {
    if (!error && runner->state == Runner::State::loading)
      finish_load(ticket);
  });
}

void Scheduler::finish_load(const TicketPtr& ticket) {
  const auto runner = ticket->runner;
  drop_pending(ticket);
  runner->state = Runner::State::loaded;
  runner->keep_alive = options_.keep_alive;
  statistics_.count([](Counters& c) { ++c.loads; });
  attach(runner, ticket);
  pump();
}

void Scheduler::attach(const RunnerPtr& runner, const TicketPtr& ticket) {
  runner->timer.cancel();
  ++runner->references;
  if (ticket->keep_alive)
    runner->keep_alive = *ticket->keep_alive;
  runner->expires_at = expiry_of(runner->keep_alive);
  ticket->runner = runner;
  if (!ticket->needs_slot) {
    ticket->state = Ticket::State::ready;
    // A copy, as a release inside the call clears the original.
    const auto ready = ticket->on_ready;
    ready();
    return;
  }
  ticket->state = Ticket::State::waiting_slot;
  statistics_.count([](Counters& c) { ++c.waiting; });
  runner->waiting.push_back(ticket);
  grant_slots(runner);
}

void Scheduler::grant_slots(const RunnerPtr& runner) {
  const unsigned slots = std::max(1U, options_.parallel_slots);
  while (!runner->waiting.empty() && runner->slots_taken < slots) {
    const auto ticket = runner->waiting.front();
    runner->waiting.pop_front();
    ++runner->slots_taken;
    ticket->state = Ticket::State::ready;
    statistics_.count([](Counters& c) {
      --c.waiting;
      ++c.running;
    });
    const auto ready = ticket->on_ready;
    ready();
  }
}

void Scheduler::idle(const RunnerPtr& runner) {
  if (runner->state != Runner::State::loaded)
    return;
  runner->expires_at = expiry_of(runner->keep_alive);
  if (runner->expire || runner->keep_alive.count() == 0) {
    unload_now(runner);
    return;
  }
  if (runner->expires_at == system_clock::time_point::max())
    return;
  runner->timer.expires_after(runner->keep_alive);
  runner->timer.async_wait([this, runner](const boost::system::error_code& error) {
    // A handler that was queued before the timer was restarted comes too early.
    if (!error && runner->references == 0 && runner->state == Runner::State::loaded &&
        runner->timer.expiry() <= steady_clock::now())
      unload_now(runner);
  });
}

void Scheduler::unload_now(const RunnerPtr& runner) {
  remove(runner);
  statistics_.count([wedged = runner->wedged](Counters& c) {
    ++c.unloads;
    c.wedged_slots -= wedged;
  });
  pump();
}

void Scheduler::remove(const RunnerPtr& runner) {
  runner->state = Runner::State::gone;
  runner->waiting.clear();
  runner->timer.cancel();
  const auto found = runners_.find(runner->model->name.key());
  if (found != runners_.end() && found->second == runner)
    runners_.erase(found);
}

} // namespace nexus::llm::simulator
