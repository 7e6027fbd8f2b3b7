// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/node/stream_relay.hpp"

#include <algorithm>

#include "messages/portability_network.hpp"

namespace nexus::llm {

StreamRelay::StreamRelay(stream_relay::pointer self, RequestId key, RequestId id,
                         stream_subscriber subscriber, relay_owner owner)
    : self_{self}, key_{std::move(key)},
      subscriber_{std::move(subscriber)}, owner_{std::move(owner)}, id_{std::move(id)} {
  watcher_.attach(self_);
  watcher_.watch(subscriber_, [this](const caf::error&) { end(); });
}

stream_relay::behavior_type StreamRelay::make_behavior() {
  return {
      [this](LLMStreamChunk& chunk) { return pass_on(std::move(chunk)); },
      [this](StreamError& error) {
        // The node is shutting down. The Gateway decides about the stream when the node is lost.
        if (error.error.code != ErrorCode::shutting_down)
          fail(std::move(error));
      },
      [this](RequestProgress& progress) {
        if (ended_)
          return;
        if (progress.phase == Phase::restarted) {
          text_.clear();
          thinking_.clear();
          tool_calls_ = 0;
          next_seq_ = 0;
        }
        tell(self_, subscriber_, std::move(progress));
      },
      [this](restart_atom, const LLMError& reason) {
        const bool fresh = next_seq_ == 0 && !ended_;
        if (fresh)
          tell(self_, subscriber_,
               RequestProgress{.id = id_, .phase = Phase::retrying, .reason = reason});
        return fresh;
      },
      [this](finish_atom, const LLMResponse& response) { finish(response); },
      [this](finish_atom, LLMError& error) {
        if (error.partial.size() < text_.size())
          error.partial = text_;
        fail({.id = id_, .error = std::move(error)});
      },
  };
}

caf::result<void> StreamRelay::pass_on(LLMStreamChunk chunk) {
  if (ended_)
    return {};
  text_ += chunk.response;
  thinking_ += chunk.thinking;
  tool_calls_ += chunk.tool_calls.size();
  next_seq_ = chunk.seq + 1;
  const bool last = chunk.done;
  if (wants_response(self_)) {
    // Not delegated: CAF keeps actors alive that send messages to another process themselves.
    auto handled = promise_nothing(self_);
    ask_watched(self_, subscriber_, std::move(chunk))
        .then([handled] { handled(); }, [](const caf::error&) {});
  } else {
    tell(self_, subscriber_, std::move(chunk));
  }
  if (last)
    end();
  return caf::delegated<void>{};
}

void StreamRelay::finish(const LLMResponse& response) {
  if (ended_)
    return;
  auto rest = [](const std::string& whole, const std::string& told) {
    return whole.starts_with(told) ? whole.substr(told.size()) : std::string{};
  };
  const auto told_calls =
      static_cast<std::ptrdiff_t>(std::min(tool_calls_, response.tool_calls.size()));
  LLMStreamChunk end_chunk{
      .id = id_,
      .seq = next_seq_,
      .model = response.model,
      .response = rest(response.response, text_),
      .thinking = rest(response.thinking, thinking_),
      .tool_calls = {response.tool_calls.begin() + told_calls, response.tool_calls.end()},
      .done = true,
      .final = response};
  tell(self_, subscriber_, std::move(end_chunk));
  end();
}

void StreamRelay::fail(StreamError error) {
  if (ended_)
    return;
  tell(self_, subscriber_, std::move(error));
  end();
}

void StreamRelay::end() {
  if (std::exchange(ended_, true))
    return;
  tell(self_, owner_, release_atom_v, key_);
  self_->quit();
}

stream_relay spawn_stream_relay(caf::actor_system& system, RequestId key, RequestId id,
                                stream_subscriber subscriber, relay_owner owner) {
  return spawn_state<StreamRelay>(system, std::move(key), std::move(id), std::move(subscriber),
                                  std::move(owner));
}

} // namespace nexus::llm
