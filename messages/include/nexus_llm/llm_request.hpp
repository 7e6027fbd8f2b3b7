// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nexus_llm/chat_message.hpp"
#include "nexus_llm/format.hpp"
#include "nexus_llm/keep_alive.hpp"
#include "nexus_llm/request_id.hpp"
#include "nexus_llm/think.hpp"

namespace nexus::llm {

/// Scheduling class of a request. Interactive requests leave the queue before background ones. A
/// background request that has waited for `limits.ageing` counts as interactive.
enum class Priority : std::uint8_t { interactive, background };

[[nodiscard]] constexpr Priority last_of(Priority) noexcept { return Priority::background; }

[[nodiscard]] constexpr std::string_view to_string(Priority priority) noexcept {
  return priority == Priority::interactive ? "interactive" : "background";
}

/// Options that a caller may set per request. `model`, `system`, `num_ctx`, `keep_alive` and the
/// Ollama options default to the settings of the role; other unset options are not sent.
/// Plain data that may be copied and moved between threads.
struct GenerateOptions {
  RequestId id = {};      ///< empty: generated
  std::string model = {}; ///< empty: the role's model
  std::optional<std::string> context =
      {}; ///< text put before the prompt; for the token array see `continuation`
  std::optional<double> temperature = {}; ///< 0.0 to 2.0; 0: always the likeliest token
  std::optional<std::int32_t> max_tokens =
      {};                                ///< most tokens; -1: no limit; -2: fill the context window
  std::optional<std::int64_t> seed = {}; ///< the same seed and request usually repeat a response
  std::vector<std::string> stop = {};    ///< texts that end the response
  std::optional<std::string> system = {};    ///< replaces the system text of the role
  Format format = {};                        ///< format of the response; unset: free text
  KeepAlive keep_alive = {};                 ///< unset: from settings
  std::optional<std::uint32_t> num_ctx = {}; ///< context window in tokens; unset: from settings
  std::vector<std::string> images = {};      ///< base64, for vision models
  std::optional<Think> think = {};           ///< unset: the model decides
  std::vector<Tool> tools = {};              ///< chat only
  std::string raw_options =
      {}; ///< JSON object, merged over the role's Ollama options; members above win
  std::vector<std::uint32_t> continuation =
      {};                            ///< `LLMResponse::context` of an earlier one; generate only
  std::string suffix = {};           ///< text after the insertion point, for fill-in-the-middle
  bool raw = false;                  ///< do not apply the prompt template
  std::optional<bool> truncate = {}; ///< false: reject a prompt that exceeds the context window
  std::optional<bool> shift = {};    ///< false: end the response if the context window is full
  bool logprobs = false;             ///< return the log probability of each token
  std::optional<std::uint32_t> top_logprobs = {}; ///< alternatives returned per token, 0 to 20
  Priority priority = Priority::interactive;      ///< interactive requests leave the queue first
  bool bypass_cache = false; ///< skip the response cache and do not coalesce with other requests
  std::optional<std::chrono::milliseconds> timeout =
      {}; ///< lowers `timeout` of the settings; a higher value has no effect
  std::optional<std::chrono::milliseconds> connect_timeout = {}; ///< likewise for `connectTimeout`
  std::optional<std::chrono::milliseconds> gap_timeout = {};     ///< likewise for `gapTimeout`
  std::optional<std::chrono::milliseconds> total_timeout = {};   ///< likewise for `totalTimeout`

  static constexpr std::string_view type_name = "GenerateOptions";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"id", self.id}, Field{"model", self.model}, Field{"context", self.context},
                 Field{"temperature", self.temperature}, Field{"maxTokens", self.max_tokens},
                 Field{"seed", self.seed}, Field{"stop", self.stop}, Field{"system", self.system},
                 Field{"format", self.format}, Field{"keepAlive", self.keep_alive},
                 Field{"numCtx", self.num_ctx}, Field{"images", self.images},
                 Field{"think", self.think}, Field{"tools", self.tools},
                 Field{"rawOptions", self.raw_options}, Field{"continuation", self.continuation},
                 Field{"suffix", self.suffix}, Field{"raw", self.raw},
                 Field{"truncate", self.truncate}, Field{"shift", self.shift},
                 Field{"logprobs", self.logprobs}, Field{"topLogprobs", self.top_logprobs},
                 Field{"priority", self.priority}, Field{"bypassCache", self.bypass_cache},
                 Field{"timeout", self.timeout}, Field{"connectTimeout", self.connect_timeout},
                 Field{"gapTimeout", self.gap_timeout}, Field{"totalTimeout", self.total_timeout});
  }
  bool operator==(const GenerateOptions&) const = default;
};

/// Selects the Ollama endpoint of a request.
enum class RequestKind : std::uint8_t {
  generate, ///< `/api/generate`: one prompt
  chat,     ///< `/api/chat`: a conversation
};

[[nodiscard]] constexpr RequestKind last_of(RequestKind) noexcept { return RequestKind::chat; }

[[nodiscard]] constexpr std::string_view to_string(RequestKind kind) noexcept {
  return kind == RequestKind::generate ? "generate" : "chat";
}

/// One request as sent to Ollama (requirement D3): the options of the caller, completed from the
/// settings of the role, plus the model and the prompt or conversation.
struct LLMRequest : GenerateOptions {
  RequestKind kind = RequestKind::generate;
  std::string prompt = {};                ///< for `generate`; must not be empty
  std::vector<ChatMessage> messages = {}; ///< for `chat`
  bool stream = false;
  std::uint32_t attempt = 1; ///< counts retries and fallbacks; identifies stale replies
  std::string digest = {};   ///< digest of the model; empty if unknown

  static constexpr std::string_view type_name = "LLMRequest";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return GenerateOptions::fields(self, [&](auto... inherited) -> decltype(auto) {
      return visit(inherited..., Field{"kind", self.kind}, Field{"prompt", self.prompt},
                   Field{"messages", self.messages}, Field{"stream", self.stream},
                   Field{"attempt", self.attempt}, Field{"digest", self.digest});
    });
  }
  bool operator==(const LLMRequest&) const = default;
};

/// Requests one embedding vector per text (Ollama `/api/embed`).
struct EmbedRequest {
  RequestId id = {};                            ///< empty: generated
  std::string model = {};                       ///< empty: the role's model
  std::vector<std::string> input = {};          ///< the texts, at least one
  std::optional<std::uint32_t> dimensions = {}; ///< length of each vector; unset: the model's
  std::optional<bool> truncate = {}; ///< false: reject a text that exceeds the context window
  std::string raw_options = {};      ///< JSON text of an object, merged into Ollama's `options`
  KeepAlive keep_alive = {};         ///< unset: from settings
  std::optional<std::chrono::milliseconds> timeout = {}; ///< as in `GenerateOptions`

  static constexpr std::string_view type_name = "EmbedRequest";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"id", self.id}, Field{"model", self.model}, Field{"input", self.input},
                 Field{"dimensions", self.dimensions}, Field{"truncate", self.truncate},
                 Field{"rawOptions", self.raw_options}, Field{"keepAlive", self.keep_alive},
                 Field{"timeout", self.timeout});
  }
  bool operator==(const EmbedRequest&) const = default;
};

} // namespace nexus::llm
