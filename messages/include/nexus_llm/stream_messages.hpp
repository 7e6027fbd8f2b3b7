// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nexus_llm/llm_response.hpp"

namespace nexus::llm {

/// A chunk of a streamed response (requirement D4). A subscriber receives consecutive `seq` numbers
/// starting at 0. Exactly one message ends the stream: a chunk with `done`, or a `StreamError`.
struct LLMStreamChunk {
  RequestId id = {};
  std::uint64_t seq = 0; ///< counted per subscriber; resets to 0 after a `restarted` phase
  std::string model = {};
  std::string response = {}; ///< text of this chunk; may be empty
  std::string thinking = {}; ///< thinking text of this chunk; may be empty
  std::vector<ToolCall> tool_calls = {};
  std::vector<TokenLogprob> logprobs = {}; ///< of this chunk, if requested
  bool restarted = false; ///< the stream restarted: discard the text of all previous chunks
  bool done = false;      ///< marks the last chunk, which carries `final`
  std::optional<LLMResponse> final = {}; ///< the accumulated response with its statistics

  /// Returns whether the chunk carries any part of the response.
  [[nodiscard]] bool has_content() const noexcept {
    return !response.empty() || !thinking.empty() || !tool_calls.empty() || !logprobs.empty();
  }
  /// Appends the content of the next chunk.
  void append(const LLMStreamChunk& next) {
    response += next.response;
    thinking += next.thinking;
    tool_calls.insert(tool_calls.end(), next.tool_calls.begin(), next.tool_calls.end());
    logprobs.insert(logprobs.end(), next.logprobs.begin(), next.logprobs.end());
    done = next.done;
    final = next.final;
  }

  static constexpr std::string_view type_name = "LLMStreamChunk";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"id", self.id}, Field{"seq", self.seq}, Field{"model", self.model},
                 Field{"response", self.response}, Field{"thinking", self.thinking},
                 Field{"toolCalls", self.tool_calls}, Field{"logprobs", self.logprobs},
                 Field{"restarted", self.restarted}, Field{"done", self.done},
                 Field{"final", self.final});
  }
  bool operator==(const LLMStreamChunk&) const = default;
};

/// Ends a failed stream. `error.partial` holds the text received so far.
struct StreamError {
  RequestId id = {};
  LLMError error;

  static constexpr std::string_view type_name = "StreamError";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"id", self.id}, Field{"error", self.error});
  }
  bool operator==(const StreamError&) const = default;
};

/// The phase of a request.
enum class Phase : std::uint8_t {
  queued,      ///< in the queue of the role; `queue_position` counts from 1
  sent,        ///< sent to Ollama, no response yet
  loading,     ///< Ollama is loading the model
  first_token, ///< the response has started
  retrying,    ///< an attempt failed before any chunk was delivered; a retry follows
  restarted,   ///< all chunks so far are void; the stream restarts at `seq` 0
  done,        ///< the last chunk or error follows or has been sent
};

[[nodiscard]] constexpr Phase last_of(Phase) noexcept { return Phase::done; }

[[nodiscard]] constexpr std::string_view to_string(Phase phase) noexcept {
  constexpr std::string_view names[] = {"queued",   "sent",      "loading", "first_token",
                                        "retrying", "restarted", "done"};
  return names[static_cast<std::size_t>(phase)];
}

/// Notifies a subscriber of the phase of its request. Carries no text and consumes no credit.
struct RequestProgress {
  RequestId id = {};
  Phase phase = Phase::queued;
  std::uint32_t queue_position = 0; ///< for `queued`; 1 is next
  std::uint32_t attempt = 0;
  std::string model = {};              ///< empty until a model is selected
  std::optional<LLMError> reason = {}; ///< for `retrying` and `restarted`: why the attempt failed

  static constexpr std::string_view type_name = "RequestProgress";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"id", self.id}, Field{"phase", self.phase},
                 Field{"queuePosition", self.queue_position}, Field{"attempt", self.attempt},
                 Field{"model", self.model}, Field{"reason", self.reason});
  }
  bool operator==(const RequestProgress&) const = default;
};

/// The chunks of one socket read, sent by the client actor to its chunk sink. The last chunk of a
/// complete response has `done` set but carries no `final`: the owner of the sink adds it.
struct StreamBatch {
  RequestId id = {};
  std::uint32_t attempt = 0;
  std::vector<LLMStreamChunk> chunks = {};

  static constexpr std::string_view type_name = "StreamBatch";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"id", self.id}, Field{"attempt", self.attempt},
                 Field{"chunks", self.chunks});
  }
  bool operator==(const StreamBatch&) const = default;
};

/// Progress of a transfer or of the creation of a model, summed over its layers (Ollama
/// `/api/pull`, `/api/push`, `/api/create`).
struct PullProgress {
  std::string model = {};
  std::string status = {};     ///< status text of Ollama, such as `pulling manifest`
  std::uint64_t total = 0;     ///< bytes of all layers seen so far
  std::uint64_t completed = 0; ///< bytes transferred; may decrease if a part is transferred again

  static constexpr std::string_view type_name = "PullProgress";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"model", self.model}, Field{"status", self.status},
                 Field{"total", self.total}, Field{"completed", self.completed});
  }
  bool operator==(const PullProgress&) const = default;
};

} // namespace nexus::llm
