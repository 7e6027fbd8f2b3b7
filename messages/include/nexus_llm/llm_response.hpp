// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nexus_llm/chat_message.hpp"
#include "nexus_llm/errors.hpp"
#include "nexus_llm/request_id.hpp"

namespace nexus::llm {

/// Statistics from the final object of Ollama's response. Missing counts and durations are 0.
struct GenerateStats {
  std::chrono::nanoseconds total_duration{};
  std::chrono::nanoseconds load_duration{};
  std::uint64_t prompt_eval_count = 0; ///< tokens in the prompt
  std::chrono::nanoseconds prompt_eval_duration{};
  std::uint64_t eval_count = 0; ///< tokens in the response
  std::chrono::nanoseconds eval_duration{};

  /// Returns the generation speed, or 0 if Ollama reported no statistics.
  [[nodiscard]] double tokens_per_second() const noexcept {
    return eval_duration.count() > 0
               ? static_cast<double>(eval_count) * 1e9 / static_cast<double>(eval_duration.count())
               : 0.0;
  }

  static constexpr std::string_view type_name = "GenerateStats";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"totalDuration", self.total_duration},
                 Field{"loadDuration", self.load_duration},
                 Field{"promptEvalCount", self.prompt_eval_count},
                 Field{"promptEvalDuration", self.prompt_eval_duration},
                 Field{"evalCount", self.eval_count}, Field{"evalDuration", self.eval_duration});
  }
  bool operator==(const GenerateStats&) const = default;
};

/// An alternative for a token of the response, with its log probability.
struct TokenAlternative {
  std::string token = {};
  double logprob = 0;
  std::vector<std::uint8_t> bytes = {}; ///< bytes of the token; possibly incomplete UTF-8

  static constexpr std::string_view type_name = "TokenAlternative";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"token", self.token}, Field{"logprob", self.logprob},
                 Field{"bytes", self.bytes});
  }
  bool operator==(const TokenAlternative&) const = default;
};

/// The log probability of one token of a response (Ollama, `logprobs`).
struct TokenLogprob {
  std::string token = {};
  double logprob = 0;
  std::vector<std::uint8_t> bytes = {};
  std::vector<TokenAlternative> top_logprobs = {}; ///< the most likely tokens, as many as requested

  static constexpr std::string_view type_name = "TokenLogprob";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"token", self.token}, Field{"logprob", self.logprob},
                 Field{"bytes", self.bytes}, Field{"topLogprobs", self.top_logprobs});
  }
  bool operator==(const TokenLogprob&) const = default;
};

/// How this library produced a response, and how long each step took.
struct Provenance {
  std::uint32_t attempts = 1;    ///< on all models; 0 for a cached response
  bool fallback = false;         ///< a fallback model served the request
  bool shared = false;           ///< coalesced with an identical request in flight
  bool cached = false;           ///< served from the response cache
  bool restarted = false;        ///< the stream restarted after chunks had been delivered
  bool prompt_truncated = false; ///< Ollama probably truncated the prompt to the context window
  bool cut_by_length = false;    ///< `done_reason` is `length`: the response is incomplete
  std::chrono::microseconds queue_time{};       ///< from acceptance to sending
  std::chrono::microseconds first_chunk_time{}; ///< from sending the last attempt to its first byte
  std::chrono::microseconds total_time{};       ///< from acceptance to the response

  static constexpr std::string_view type_name = "Provenance";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(
        Field{"attempts", self.attempts}, Field{"fallback", self.fallback},
        Field{"shared", self.shared}, Field{"cached", self.cached},
        Field{"restarted", self.restarted}, Field{"promptTruncated", self.prompt_truncated},
        Field{"cutByLength", self.cut_by_length}, Field{"queueTime", self.queue_time},
        Field{"firstChunkTime", self.first_chunk_time}, Field{"totalTime", self.total_time});
  }
  bool operator==(const Provenance&) const = default;
};

/// A complete response (requirement D4).
struct LLMResponse {
  RequestId id = {};
  std::string model = {};    ///< model that served the request
  std::string response = {}; ///< the complete text
  bool done = false;         ///< true in every response that a caller gets
  std::optional<std::vector<std::uint32_t>> context = {}; ///< for continuation; generate only
  std::string thinking = {};                              ///< thinking text of the model, if any
  std::vector<ToolCall> tool_calls = {};                  ///< chat only
  std::string done_reason = {};            ///< `stop`, `length`, `load`, `unload`, or other text
  std::vector<TokenLogprob> logprobs = {}; ///< if requested
  std::string remote_model = {};           ///< remote model that served the request, if any
  std::string remote_host = {};            ///< host of the remote model; empty for a local model
  GenerateStats stats = {};
  Provenance provenance = {};

  static constexpr std::string_view type_name = "LLMResponse";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"id", self.id}, Field{"model", self.model}, Field{"response", self.response},
                 Field{"done", self.done}, Field{"context", self.context},
                 Field{"thinking", self.thinking}, Field{"toolCalls", self.tool_calls},
                 Field{"doneReason", self.done_reason}, Field{"logprobs", self.logprobs},
                 Field{"remoteModel", self.remote_model}, Field{"remoteHost", self.remote_host},
                 Field{"stats", self.stats}, Field{"provenance", self.provenance});
  }
  bool operator==(const LLMResponse&) const = default;
};

/// One element of a batch response: exactly one of `response` and `error` is set.
struct BatchItem {
  std::optional<LLMResponse> response = {};
  std::optional<LLMError> error = {};

  static constexpr std::string_view type_name = "BatchItem";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"response", self.response}, Field{"error", self.error});
  }
  bool operator==(const BatchItem&) const = default;
};

/// The responses to a batch of prompts, in the order of the prompts.
struct BatchResponse {
  std::vector<BatchItem> items = {};

  static constexpr std::string_view type_name = "BatchResponse";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"items", self.items});
  }
  bool operator==(const BatchResponse&) const = default;
};

/// The embeddings of the texts of a request, in the same order (Ollama `/api/embed`).
struct EmbedResponse {
  std::string model = {};
  std::vector<std::vector<float>> embeddings = {};
  std::chrono::nanoseconds total_duration{};
  std::chrono::nanoseconds load_duration{};
  std::uint64_t prompt_eval_count = 0;
  bool truncated = false; ///< Ollama probably truncated at least one text

  static constexpr std::string_view type_name = "EmbedResponse";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(
        Field{"model", self.model}, Field{"embeddings", self.embeddings},
        Field{"totalDuration", self.total_duration}, Field{"loadDuration", self.load_duration},
        Field{"promptEvalCount", self.prompt_eval_count}, Field{"truncated", self.truncated});
  }
  bool operator==(const EmbedResponse&) const = default;
};

} // namespace nexus::llm
