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

/// Who waits for an answer. Interactive requests leave a queue before background ones; a
/// background request that has waited long enough counts as interactive (ageing).
enum class Priority : std::uint8_t { interactive, background };

[[nodiscard]] constexpr Priority last_of(Priority) noexcept { return Priority::background; }

[[nodiscard]] constexpr std::string_view to_string(Priority priority) noexcept {
  return priority == Priority::interactive ? "interactive" : "background";
}

/// What a caller may set per request; everything left out comes from the role's settings.
/// Plain data: copy and move freely between threads.
struct GenerateOptions {
  RequestId id = {};                           ///< empty: one is made
  std::string model = {};                      ///< empty: the role's model
  std::optional<std::string> context = {};     ///< additional text put before the prompt
  std::optional<double> temperature = {};      ///< 0.0 to 2.0; 0 is repeatable
  std::optional<std::int32_t> max_tokens = {}; ///< most tokens; -1 and -2: no limit
  std::optional<std::int64_t> seed = {};       ///< the same seed repeats an answer
  std::vector<std::string> stop = {};          ///< texts that end the answer
  std::optional<std::string> system = {};      ///< replaces the role's system text
  Format format = {};                          ///< of the answer; free text where it is not set
  KeepAlive keep_alive = {};                   ///< unset: the settings'
  std::optional<std::uint32_t> num_ctx = {};   ///< context window in tokens; unset: the settings'
  std::vector<std::string> images = {};        ///< base64, for models that see
  std::optional<Think> think = {};             ///< unset: the model decides
  std::vector<Tool> tools = {};                ///< chat only
  std::string raw_options = {}; ///< JSON text of an object, merged into Ollama's `options`
  std::vector<std::uint32_t> continuation = {}; ///< `LLMResponse::context` of an earlier answer
  std::string suffix = {};                      ///< text after the gap, for models that fill in
  bool raw = false;                             ///< no template is applied to the prompt
  std::optional<bool> truncate = {}; ///< false: a prompt too long for the window is an error
  std::optional<bool> shift = {};    ///< false: an answer ends where the window is full
  bool logprobs = false;             ///< tell the log probability of each token
  std::optional<std::uint32_t> top_logprobs = {}; ///< alternatives told for each token, 0 to 20
  Priority priority = Priority::interactive;      ///< interactive requests leave the queue first
  bool bypass_cache = false; ///< neither read nor fill the response cache, nor share
  std::optional<std::chrono::milliseconds> timeout =
      {}; ///< shorter than the settings' `timeout`; a longer one does nothing
  std::optional<std::chrono::milliseconds> connect_timeout = {}; ///< likewise, `connectTimeout`
  std::optional<std::chrono::milliseconds> gap_timeout = {};     ///< likewise, `gapTimeout`
  std::optional<std::chrono::milliseconds> total_timeout = {};   ///< likewise, `totalTimeout`

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

/// Which Ollama endpoint a request is for.
enum class RequestKind : std::uint8_t {
  generate, ///< `/api/generate`: one prompt
  chat,     ///< `/api/chat`: a conversation
};

[[nodiscard]] constexpr RequestKind last_of(RequestKind) noexcept { return RequestKind::chat; }

[[nodiscard]] constexpr std::string_view to_string(RequestKind kind) noexcept {
  return kind == RequestKind::generate ? "generate" : "chat";
}

/// One request as it goes to Ollama (requirement D3): the options of the caller,
/// completed from the role's settings, with the model and the prompt or conversation.
struct LLMRequest : GenerateOptions {
  RequestKind kind = RequestKind::generate;
  std::string prompt = {}; ///< for `generate`; empty with no messages loads the model
  std::vector<ChatMessage> messages = {}; ///< for `chat`
  bool stream = false;
  std::uint32_t attempt = 1; ///< counts over retries and fallbacks; marks stale replies
  std::string digest = {};   ///< of the model, as far as it is known

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

/// Texts to embed (Ollama `/api/embed`); one vector comes back for each.
struct EmbedRequest {
  RequestId id = {};
  std::string model = {};
  std::vector<std::string> input = {};
  std::optional<std::uint32_t> dimensions = {};
  std::optional<bool> truncate = {}; ///< false: a text too long for the window is an error
  std::string raw_options = {};      ///< JSON text of an object, merged into Ollama's `options`
  KeepAlive keep_alive = {};         ///< unset: the settings'
  std::optional<std::chrono::milliseconds> timeout = {};

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
