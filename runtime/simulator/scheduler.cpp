// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/scheduler.hpp"

#include <algorithm>
#include <utility>

namespace nexus::llm::simulator {
namespace {

using namespace std::chrono;

LongTime now() { return floor<microseconds>(system_clock::now()); }

LongTime expiry(nanoseconds keep_alive) {
  // For the server, "for ever" is the longest span it can hold, some 292 years.
  const auto span = keep_alive < nanoseconds(0) ? nanoseconds::max() : keep_alive;
  return now() + duration_cast<microseconds>(span);
}

/// Clears the callbacks first: they keep the request alive that holds the ticket.
void fail(const std::shared_ptr<Ticket>& ticket, int status, const std::string& error) {
  const auto failed = std::exchange(ticket->on_failed, nullptr);
  ticket->on_ready = nullptr;
  ticket->runner = nullptr;
  ticket->state = Ticket::State::released;
  failed(status, error);
}

} // namespace

Scheduler::Scheduler(boost::asio::io_context& io, SimulatorOptions& options, Statistics& statistics)
    : io_(io), options_(options), statistics_(statistics) {}

void Scheduler::submit(const TicketPtr& ticket) {
  const auto runner = find(ticket->model);
  if (runner && runner->state == Runner::State::loaded &&
      ticket->options.served_by(runner->options)) {
    attach(runner, ticket);
    return;
  }
  if (current_ && pending_.size() >= options_.max_queue) {
    statistics_.count([](Counters& c) { ++c.rejected_busy; });
    fail(ticket, 503, "server busy, please try again.  maximum pending requests exceeded");
    return;
  }
  ticket->state = Ticket::State::pending;
  pending_.push_back(ticket);
  statistics_.count([](Counters& c) { ++c.waiting; });
  pump();
}

void Scheduler::release(const TicketPtr& ticket, bool wedge) {
  const auto before = std::exchange(ticket->state, Ticket::State::released);
  const auto runner = std::exchange(ticket->runner, nullptr);
  ticket->on_ready = nullptr;
  ticket->on_failed = nullptr;
  switch (before) {
  case Ticket::State::fresh:
  case Ticket::State::released:
    return;
  case Ticket::State::pending:
    std::erase(pending_, ticket);
    statistics_.count([](Counters& c) { --c.waiting; });
    if (current_ == ticket) {
      current_ = nullptr;
      pump();
    }
    return;
  case Ticket::State::loading:
    statistics_.count([](Counters& c) {
      --c.waiting;
      ++c.loads_aborted;
    });
    remove(runner);
    current_ = nullptr;
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
  runner->keep_alive = nanoseconds(0);
  runner->expires_at = now();
  runner->expire = true;
  if (runner->references == 0)
    start_unload(runner);
}

std::vector<std::shared_ptr<Runner>> Scheduler::loaded() const {
  std::vector<RunnerPtr> all;
  for (const auto& [key, runner] : runners_) {
    if (runner->state != Runner::State::loading)
      all.push_back(runner);
  }
  std::ranges::stable_sort(
      all, [](const auto& a, const auto& b) { return a->expires_at > b->expires_at; });
  return all;
}

void Scheduler::reset() {
  for (const auto& [key, runner] : runners_) {
    runner->state = Runner::State::gone;
    runner->waiting.clear();
    runner->timer.cancel();
  }
  runners_.clear();
  pending_.clear();
  current_ = nullptr;
  statistics_.count([](Counters& c) { c.loaded_models = c.wedged_slots = 0; });
}

Scheduler::RunnerPtr Scheduler::find(const ModelStore::Entry& model) const {
  const auto found = runners_.find(model->weights_digest);
  return found == runners_.end() ? nullptr : found->second;
}

void Scheduler::pump() {
  if (pumping_)
    return;
  pumping_ = true;
  while (true) {
    if (current_ && current_->state == Ticket::State::loading)
      break;
    if (!current_) {
      if (pending_.empty())
        break;
      current_ = pending_.front();
      pending_.pop_front();
    }
    // A copy, as current_ changes on the way.
    const TicketPtr ticket = current_;
    if (!try_start(ticket))
      break;
  }
  pumping_ = false;
}

bool Scheduler::try_start(const TicketPtr& ticket) {
  if (const auto runner = find(ticket->model)) {
    if (runner->state == Runner::State::loaded && !runner->expire &&
        ticket->options.served_by(runner->options)) {
      current_ = nullptr;
      statistics_.count([](Counters& c) { --c.waiting; });
      attach(runner, ticket);
      return true;
    }
    if (runner->state == Runner::State::loaded) {
      if (!runner->expire)
        statistics_.count([](Counters& c) { ++c.reloads; });
      runner->expire = true;
      if (runner->references == 0)
        start_unload(runner);
    }
    if (find(ticket->model))
      return false;
  }
  if (options_.max_loaded_models != 0 && runners_.size() >= options_.max_loaded_models) {
    RunnerPtr victim;
    for (const auto& [key, runner] : runners_) {
      const auto rank = [](const RunnerPtr& r) {
        return std::pair(r->references != 0, r->expires_at);
      };
      if (!victim || rank(runner) < rank(victim))
        victim = runner;
    }
    if (victim->state == Runner::State::loaded) {
      victim->expire = true;
      if (victim->references == 0)
        start_unload(victim);
    }
    if (runners_.size() >= options_.max_loaded_models)
      return false;
  }
  load(ticket);
  return true;
}

void Scheduler::load(const TicketPtr& ticket) {
  const auto runner = std::make_shared<Runner>(io_, ticket->model);
  runner->options = ticket->options;
  runners_[ticket->model->weights_digest] = runner;
  ticket->runner = runner;
  ticket->state = Ticket::State::loading;
  statistics_.count([](Counters& c) { ++c.loads_started; });
  if (options_.load_delay.count() <= 0) {
    finish_load(runner, ticket);
    return;
  }
  runner->timer.expires_after(options_.load_delay);
  runner->timer.async_wait([this, runner, ticket](const boost::system::error_code& error) {
    if (!error && runner->state == Runner::State::loading)
      finish_load(runner, ticket);
  });
}

void Scheduler::finish_load(const RunnerPtr& runner, const TicketPtr& ticket) {
  current_ = nullptr;
  statistics_.count([](Counters& c) { --c.waiting; });
  if (!runner->model->config.load_error.empty()) {
    remove(runner);
    fail(ticket, 500, runner->model->config.load_error);
  } else {
    runner->state = Runner::State::loaded;
    runner->keep_alive = options_.keep_alive;
    statistics_.count([](Counters& c) { ++c.loads; });
    count_models();
    attach(runner, ticket);
  }
  pump();
}

void Scheduler::attach(const RunnerPtr& runner, const TicketPtr& ticket) {
  runner->timer.cancel();
  ++runner->references;
  if (ticket->keep_alive)
    runner->keep_alive = *ticket->keep_alive;
  runner->expires_at = expiry(runner->keep_alive);
  ticket->runner = runner;
  if (!ticket->needs_slot) {
    ticket->state = Ticket::State::ready;
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
  runner->expires_at = expiry(runner->keep_alive);
  if (runner->expire || runner->keep_alive.count() == 0) {
    start_unload(runner);
    return;
  }
  if (runner->keep_alive.count() < 0)
    return;
  // The timer adds to a clock that starts near zero, so this cannot overflow.
  runner->timer.expires_after(std::min(runner->keep_alive, nanoseconds(hours(24 * 365 * 100))));
  runner->timer.async_wait([this, runner](const boost::system::error_code& error) {
    // A handler that was queued before its timer was set anew comes too early.
    if (!error && runner->references == 0 && runner->state == Runner::State::loaded &&
        runner->timer.expiry() <= steady_clock::now())
      start_unload(runner);
  });
}

void Scheduler::start_unload(const RunnerPtr& runner) {
  runner->state = Runner::State::unloading;
  runner->timer.cancel();
  if (options_.unload_delay.count() <= 0) {
    finish_unload(runner);
    return;
  }
  runner->timer.expires_after(options_.unload_delay);
  runner->timer.async_wait([this, runner](const boost::system::error_code& error) {
    if (!error && runner->state == Runner::State::unloading)
      finish_unload(runner);
  });
}

void Scheduler::finish_unload(const RunnerPtr& runner) {
  const unsigned wedged = runner->wedged;
  remove(runner);
  statistics_.count([wedged](Counters& c) {
    ++c.unloads;
    c.wedged_slots -= wedged;
  });
  count_models();
  pump();
}

void Scheduler::remove(const RunnerPtr& runner) {
  runner->state = Runner::State::gone;
  runner->timer.cancel();
  const auto found = runners_.find(runner->model->weights_digest);
  if (found != runners_.end() && found->second == runner)
    runners_.erase(found);
}

void Scheduler::count_models() {
  std::uint64_t models = 0;
  for (const auto& [key, runner] : runners_)
    models += runner->state == Runner::State::loaded || runner->state == Runner::State::unloading;
  statistics_.count([models](Counters& c) { c.loaded_models = models; });
}

} // namespace nexus::llm::simulator
