// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "runtime/simulator/exchange.hpp"
#include "runtime/simulator/server.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace nexus::llm::simulator {

/// A pull, push or create: lines of progress, paced by a timer, or only the last of them.
class Progress : public std::enable_shared_from_this<Progress> {
public:
  struct Script {
    std::vector<std::string> lines;
    /// If set, it ends with this error instead of the last line.
    std::string error;
    std::chrono::milliseconds step{0};
    bool stream = true;
    /// Runs before the last line, unless there is an error.
    std::function<void()> commit;
  };

  Progress(std::shared_ptr<Exchange> exchange, Server& server, Script script);
  void start();

private:
  void next();
  void after_step(std::function<void()> action);
  void finish_at_once();

  std::shared_ptr<Exchange> exchange_;
  Script script_;
  std::size_t position_ = 0;
  bool cancelled_ = false;
  boost::asio::steady_timer timer_;
};

} // namespace nexus::llm::simulator
