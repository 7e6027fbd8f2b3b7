// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/progress.hpp"

#include "runtime/simulator/json_text.hpp"

namespace nexus::llm::simulator {

Progress::Progress(std::shared_ptr<Exchange> exchange, Server& server, Script script)
    : exchange_(std::move(exchange)), script_(std::move(script)), timer_(server.io()) {}

void Progress::start() {
  exchange_->on_abandoned([self = shared_from_this()](bool) {
    self->cancelled_ = true;
    self->timer_.cancel();
    return 500;
  });
  if (script_.stream) {
    next();
    return;
  }
  timer_.expires_after(script_.step * static_cast<std::int64_t>(script_.lines.size()));
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error && !self->cancelled_)
      self->finish_at_once();
  });
}

void Progress::next() {
  if (position_ == script_.lines.size()) {
    if (!script_.error.empty())
      exchange_->put_line(error_json(script_.error));
    exchange_->end_stream();
    return;
  }
  const bool last = position_ + 1 == script_.lines.size();
  if (last && script_.error.empty() && script_.commit)
    script_.commit();
  exchange_->put_line(std::move(script_.lines[position_++]));
  if (exchange_->output_closed())
    return;
  exchange_->then([self = shared_from_this()] {
    if (self->cancelled_)
      return;
    self->after_step([job = self.get()] { job->next(); });
  });
}

void Progress::after_step(std::function<void()> action) {
  if (script_.step.count() <= 0) {
    action();
    return;
  }
  timer_.expires_after(script_.step);
  timer_.async_wait([self = shared_from_this(),
                     action = std::move(action)](const boost::system::error_code& error) {
    if (!error && !self->cancelled_)
      action();
  });
}

void Progress::finish_at_once() {
  if (!script_.error.empty()) {
    exchange_->reply(500, "application/json", error_json(script_.error));
    return;
  }
  if (script_.commit)
    script_.commit();
  exchange_->reply(200, "application/json", script_.lines.back());
}

} // namespace nexus::llm::simulator
