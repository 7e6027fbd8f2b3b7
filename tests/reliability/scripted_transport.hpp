// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "actors/ollama_client/transport.hpp"

namespace nexus::llm::test {

/// A transport whose answers a test gives by hand, also to exchanges that were cancelled: as if
/// what they had read had been on its way all the time. Lists of models are answered by itself.
class ScriptedTransport final : public Transport {
public:
  /// The exchanges of all transports made from one desk.
  class Desk {
  public:
    /// The exchange with this number, counted from 0, once it has begun. Null where it does not in
    /// time.
    [[nodiscard]] TransferHandler* wait_for(std::size_t number) {
      std::unique_lock lock{mutex_};
      const bool came = changed_.wait_for(lock, std::chrono::seconds{20},
                                          [&] { return handlers_.size() > number; });
      return came ? handlers_[number].get() : nullptr;
    }

    void add(std::unique_ptr<TransferHandler> handler) {
      std::lock_guard lock{mutex_};
      handlers_.push_back(std::move(handler));
      changed_.notify_all();
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::unique_ptr<TransferHandler>> handlers_;
  };

  explicit ScriptedTransport(std::shared_ptr<Desk> desk) : desk_{std::move(desk)} {}

  void start(TransferId, HttpRequest request, std::unique_ptr<TransferHandler> handler) override {
    if (request.url.ends_with("/api/tags"))
      say(*handler, R"({"models":[{"name":"llama3.1:8b","model":"llama3.1:8b"}]})", true);
    else if (request.url.ends_with("/api/ps"))
      say(*handler, R"({"models":[]})", true);
    else
      desk_->add(std::move(handler));
  }
  void cancel(TransferId) override {}

  /// Lets an exchange read some bytes, and come to a good end where wanted.
  static void say(TransferHandler& handler, std::string_view bytes, bool end) {
    static_cast<void>(handler.on_bytes(200, bytes));
    handler.on_read_done();
    if (end)
      handler.on_finished({.status = 200, .answer_began = true});
  }

private:
  std::shared_ptr<Desk> desk_;
};

} // namespace nexus::llm::test
