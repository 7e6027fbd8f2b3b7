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

/// What Ollama measured (its final object). A count or time that it leaves out is 0.
struct GenerateStats {
  std::chrono::nanoseconds total_duration{};
  std::chrono::nanoseconds load_duration{};
  std::uint64_t prompt_eval_count = 0; ///< tokens of the prompt
  std::chrono::nanoseconds prompt_eval_duration{};
  std::uint64_t eval_count = 0; ///< tokens of the answer
  std::chrono::nanoseconds eval_duration{};

  /// Speed of the answer; 0 where Ollama gave no figures.
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

/// A token that could have stood in the place of another.
struct TokenAlternative {
  std::string token = {};
  double logprob = 0;
  std::vector<std::uint8_t> bytes = {}; ///< of the token, which need not be whole UTF-8

  static constexpr std::string_view type_name = "TokenAlternative";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"token", self.token}, Field{"logprob", self.logprob},
                 Field{"bytes", self.bytes});
  }
  bool operator==(const TokenAlternative&) const = default;
};

/// The log probability of one token of an answer (Ollama, `logprobs`).
struct TokenLogprob {
  std::string token = {};
  double logprob = 0;
  std::vector<std::uint8_t> bytes = {};
  std::vector<TokenAlternative> top_logprobs =
      {}; ///< the likeliest tokens, as many as were asked for

  static constexpr std::string_view type_name = "TokenLogprob";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"token", self.token}, Field{"logprob", self.logprob},
                 Field{"bytes", self.bytes}, Field{"topLogprobs", self.top_logprobs});
  }
  bool operator==(const TokenLogprob&) const = default;
};

/// What an answer cost and how it came about, as this system saw it.
struct Provenance {
  std::uint32_t attempts = 1;    ///< over all models; 0 for a cached answer
  bool fallback = false;         ///< another model than the first choice answered
  bool shared = false;           ///< another caller's identical request in flight answered
  bool cached = false;           ///< from the response cache
  bool restarted = false;        ///< a stream had to start over after something of it was seen
  bool prompt_truncated = false; ///< Ollama probably cut the prompt to the context window
  bool cut_by_length = false;    ///< `done_reason` is `length`: the answer is not complete
  std::chrono::microseconds queue_time{};       ///< accepted to sent
  std::chrono::microseconds first_chunk_time{}; ///< last attempt sent to first byte of its answer
  std::chrono::microseconds total_time{};       ///< accepted to answered

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

/// A complete answer (requirement D4).
struct LLMResponse {
  RequestId id = {};
  std::string model = {};    ///< the model that answered
  std::string response = {}; ///< the whole text
  bool done = false;         ///< true in every answer that a caller gets without an error
  std::optional<std::vector<std::uint32_t>> context = {}; ///< for continuation; generate only
  std::string thinking = {};             ///< what the model thought, where it says so
  std::vector<ToolCall> tool_calls = {}; ///< chat only
  std::string done_reason = {}; ///< `stop`, `length`, `load`, `unload`, or the server's own
  std::vector<TokenLogprob> logprobs = {}; ///< where they were asked for
  std::string remote_model = {};           ///< what answered, where it ran on another machine
  std::string remote_host = {};            ///< that machine; empty where it ran on this one
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

/// One element of a batch answer: exactly one of `response` and `error` is set.
struct BatchItem {
  std::optional<LLMResponse> response = {};
  std::optional<LLMError> error = {};

  static constexpr std::string_view type_name = "BatchItem";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"response", self.response}, Field{"error", self.error});
  }
  bool operator==(const BatchItem&) const = default;
};

/// The answers to a batch of prompts, in the order of the prompts.
struct BatchResponse {
  std::vector<BatchItem> items = {};

  static constexpr std::string_view type_name = "BatchResponse";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"items", self.items});
  }
  bool operator==(const BatchResponse&) const = default;
};

/// Embeddings of the texts of a request, in their order (Ollama `/api/embed`).
struct EmbedResponse {
  std::string model = {};
  std::vector<std::vector<float>> embeddings = {};
  std::chrono::nanoseconds total_duration{};
  std::chrono::nanoseconds load_duration{};
  std::uint64_t prompt_eval_count = 0;
  bool truncated = false; ///< Ollama probably cut at least one of the texts

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
