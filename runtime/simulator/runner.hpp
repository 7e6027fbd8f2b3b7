// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "runtime/simulator/model_store.hpp"
#include "runtime/simulator/ticket.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <deque>
#include <memory>
#include <utility>

namespace nexus::llm::simulator {

/// A model that is loaded or being loaded.
struct Runner {
  enum class State { loading, loaded, gone };

  Runner(boost::asio::io_context& io, ModelStore::Entry entry, LoadOptions load_options)
      : model(std::move(entry)), options(std::move(load_options)), timer(io) {}

  ModelStore::Entry model;
  LoadOptions options;
  State state = State::loading;
  /// Negative: forever.
  std::chrono::nanoseconds keep_alive{0};
  /// The maximum means never.
  std::chrono::system_clock::time_point expires_at;
  /// Requests that use it, waiting ones included.
  unsigned references = 0;
  unsigned slots_taken = 0;
  unsigned wedged = 0;
  /// Unload as soon as nothing uses it.
  bool expire = false;
  std::deque<std::shared_ptr<Ticket>> waiting;
  boost::asio::steady_timer timer; ///< of the load, then of the expiry
};

} // namespace nexus::llm::simulator
