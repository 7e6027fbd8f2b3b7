// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "actors/ollama_client/transport.hpp"

namespace nexus::llm::test {

/// Collects one exchange.
class Collector : public TransferHandler {
public:
  static constexpr std::chrono::seconds patience{10};

  struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    std::string body;
    std::size_t reads = 0;
    std::size_t parts_sent = 0; ///< of a file
    std::optional<HttpOutcome> outcome;

    HttpOutcome wait() {
      std::unique_lock lock{mutex};
      BOOST_REQUIRE(changed.wait_for(lock, patience, [this] { return outcome.has_value(); }));
      return *outcome;
    }
    void wait_for_bytes() {
      std::unique_lock lock{mutex};
      BOOST_REQUIRE(changed.wait_for(lock, patience, [this] { return !body.empty(); }));
    }
    void wait_for(std::size_t Shared::*counter) {
      std::unique_lock lock{mutex};
      BOOST_REQUIRE(
          changed.wait_for(lock, patience, [this, counter] { return this->*counter > 0; }));
    }
  };

  explicit Collector(std::shared_ptr<Shared> shared, std::size_t limit = SIZE_MAX)
      : shared_{std::move(shared)}, limit_{limit} {}

  bool on_bytes(int, std::string_view bytes) override {
    std::lock_guard lock{shared_->mutex};
    shared_->body += bytes;
    shared_->changed.notify_all();
    return shared_->body.size() <= limit_;
  }
  void on_read_done() override {
    std::lock_guard lock{shared_->mutex};
    ++shared_->reads;
    shared_->changed.notify_all();
  }
  void on_file_sent() override {
    std::lock_guard lock{shared_->mutex};
    ++shared_->parts_sent;
  }
  void on_finished(HttpOutcome outcome) override {
    std::lock_guard lock{shared_->mutex};
    shared_->outcome = std::move(outcome);
    shared_->changed.notify_all();
  }

private:
  std::shared_ptr<Shared> shared_;
  std::size_t limit_;
};

} // namespace nexus::llm::test
