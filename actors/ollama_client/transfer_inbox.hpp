// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "actors/ollama_client/response_parser.hpp"
#include "actors/ollama_client/transport.hpp"
#include "nexus_llm/ack.hpp"
#include "nexus_llm/result.hpp"
#include "nexus_llm/stream_messages.hpp"

namespace nexus::llm {

/// An event of one transfer, sent from the transport thread to the OllamaClientActor.
struct TransferEvent {
  TransferId id = 0;
  std::vector<LLMStreamChunk> chunks;                ///< of a streamed response
  std::vector<response_parser::PullLine> pull_lines; ///< of a download
  std::optional<Result<LLMResponse>> answer;         ///< the outcome of a streamed response
  std::optional<Result<Ack>> pulled;                 ///< the outcome of a download
  bool file_sent = false;                            ///< a part of a file was sent
  std::optional<std::string> body;                   ///< the body of any other exchange
  std::optional<HttpOutcome> outcome;                ///< the outcome of the exchange itself
};
static_assert(std::is_nothrow_move_constructible_v<TransferEvent>,
              "otherwise a vector that grows copies its events, texts included");

/// A queue of events from the transport thread to the actor. Calls `notify` on the pushing thread
/// when an event enters the empty queue, so that a burst costs the actor one message. Thread-safe,
/// but `notify` must not use the inbox.
class TransferInbox {
public:
  explicit TransferInbox(std::function<void()> notify) : notify_{std::move(notify)} {}

  /// If this throws, nothing has happened: without memory, the actor would not learn of an event.
  void push(TransferEvent event) {
    std::lock_guard lock{mutex_};
    events_.push_back(std::move(event));
    if (events_.size() > 1)
      return;
    try {
      notify_();
    } catch (...) {
      events_.pop_back();
      throw;
    }
  }

  /// Returns all events. The queue goes on in the memory of `spare`.
  [[nodiscard]] std::vector<TransferEvent> take(std::vector<TransferEvent> spare = {}) {
    spare.clear();
    std::lock_guard lock{mutex_};
    return std::exchange(events_, std::move(spare));
  }

private:
  std::function<void()> notify_;
  std::mutex mutex_;
  std::vector<TransferEvent> events_;
};

} // namespace nexus::llm
