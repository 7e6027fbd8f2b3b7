#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nexus_llm/llm_response.hpp"

namespace nexus::llm {

/// A piece of a streamed answer (requirement D4). A subscriber sees consecutive
/// `seq` from 0, then exactly one end: a chunk with `done`, or a `StreamError`.
struct LLMStreamChunk {
  RequestId id = {};
  std::uint64_t seq = 0; ///< counted per subscriber; starts over after a `restarted` phase
  std::string model = {};
  std::string response = {}; ///< the text of this piece; may be empty
  std::string thinking = {}; ///< thinking text of this piece; may be empty
  std::vector<ToolCall> tool_calls = {};
  std::vector<TokenLogprob> logprobs = {}; ///< of this piece, where they were asked for
  bool restarted = false; ///< the stream started over: the text of the chunks before this is void
  bool done = false;      ///< the last piece; then `final` is set
  std::optional<LLMResponse> final = {}; ///< the accumulated answer with its statistics

  /// Whether there is anything of an answer in it.
  [[nodiscard]] bool has_content() const noexcept {
    return !response.empty() || !thinking.empty() || !tool_calls.empty() || !logprobs.empty();
  }
  /// Adds the content of the piece that follows.
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

/// The end of a stream that failed. `error.partial` holds the text that had arrived.
struct StreamError {
  RequestId id = {};
  LLMError error;

  static constexpr std::string_view type_name = "StreamError";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"id", self.id}, Field{"error", self.error});
  }
  bool operator==(const StreamError&) const = default;
};

/// Where a request stands.
enum class Phase : std::uint8_t {
  queued,      ///< waits in the role's queue; `queue_position` counts from 1
  sent,        ///< sent to Ollama, which has not answered yet
  loading,     ///< Ollama is loading the model
  first_token, ///< the answer has begun
  retrying,    ///< an attempt failed before anything was seen; the next one follows
  restarted,   ///< what was seen so far is void; the stream starts over with `seq` 0
  done,        ///< the end follows or has been sent
};

[[nodiscard]] constexpr Phase last_of(Phase) noexcept { return Phase::done; }

[[nodiscard]] constexpr std::string_view to_string(Phase phase) noexcept {
  constexpr std::string_view names[] = {"queued",   "sent",      "loading", "first_token",
                                        "retrying", "restarted", "done"};
  return names[static_cast<std::size_t>(phase)];
}

/// Tells a subscriber how its request fares. Carries no text and needs no credit.
struct RequestProgress {
  RequestId id = {};
  Phase phase = Phase::queued;
  std::uint32_t queue_position = 0; ///< of `queued`; 1 is next
  std::uint32_t attempt = 0;
  std::string model = {};              ///< once one is chosen
  std::optional<LLMError> reason = {}; ///< of `retrying` and `restarted`: what went wrong

  static constexpr std::string_view type_name = "RequestProgress";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"id", self.id}, Field{"phase", self.phase},
                 Field{"queuePosition", self.queue_position}, Field{"attempt", self.attempt},
                 Field{"model", self.model}, Field{"reason", self.reason});
  }
  bool operator==(const RequestProgress&) const = default;
};

/// The pieces that one read from the socket brought, from the client actor to its sink. The last
/// piece of a complete answer has `done` set but carries no `final`: the sink's owner adds it.
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

/// Progress of a transfer or of the making of a model, summed over the layers of the model (Ollama
/// `/api/pull`, `/api/push`, `/api/create`).
struct PullProgress {
  std::string model = {};
  std::string status = {};     ///< Ollama's words, such as `pulling manifest`
  std::uint64_t total = 0;     ///< bytes of all layers seen so far
  std::uint64_t completed = 0; ///< bytes already here; may go down when a part is fetched again

  static constexpr std::string_view type_name = "PullProgress";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"model", self.model}, Field{"status", self.status},
                 Field{"total", self.total}, Field{"completed", self.completed});
  }
  bool operator==(const PullProgress&) const = default;
};

} // namespace nexus::llm
