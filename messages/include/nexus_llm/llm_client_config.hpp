// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nexus_llm/field.hpp"
#include "nexus_llm/keep_alive.hpp"
#include "nexus_llm/per_role.hpp"

namespace nexus::llm {

/// What happens if a stream fails after a chunk was delivered.
enum class StreamRecovery : std::uint8_t {
  fail,    ///< end the stream with an error and the partial text
  restart, ///< notify the subscribers and restart the stream, at most once
};

[[nodiscard]] constexpr StreamRecovery last_of(StreamRecovery) noexcept {
  return StreamRecovery::restart;
}

[[nodiscard]] constexpr std::string_view to_string(StreamRecovery recovery) noexcept {
  return recovery == StreamRecovery::fail ? "fail" : "restart";
}

/// Settings of one role.
struct RoleSettings {
  std::string model = {};
  std::vector<std::string> fallback_models = {}; ///< tried in order if `model` is missing or fails
  std::optional<std::uint32_t> num_ctx = {}; ///< context window in tokens; unset: Ollama decides
  KeepAlive keep_alive = {};  ///< how long Ollama keeps the model in memory; unset: Ollama decides
  std::string system = {};    ///< system text; empty: default of the model
  std::string options = "{}"; ///< JSON text of an object of Ollama options

  static constexpr std::string_view type_name = "RoleSettings";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"model", self.model}, Field{"fallbackModels", self.fallback_models},
                 Field{"numCtx", self.num_ctx}, Field{"keepAlive", self.keep_alive},
                 Field{"system", self.system}, Field{"options", self.options});
  }
  bool operator==(const RoleSettings&) const = default;
};

/// Returns the default settings from `role_table`.
[[nodiscard]] inline PerRole<RoleSettings> default_role_settings() {
  PerRole<RoleSettings> settings;
  for (const auto role : all_roles()) {
    const auto& row = role_table()[index_of(role)];
    settings[role].model = row.default_model;
    settings[role].options = row.default_options;
  }
  return settings;
}

/// Resource limits: queues, sizes, concurrency and subscribers.
struct Limits {
  std::uint32_t max_concurrent = 2;         ///< concurrent requests of one role at Ollama
  std::uint32_t queue_length = 100;         ///< queued requests of one role
  std::chrono::milliseconds ageing{10'000}; ///< see `Priority`
  std::uint64_t max_prompt_bytes = 8u << 20;
  std::uint64_t max_response_bytes = 64u << 20;
  std::uint64_t max_line_bytes = 16u << 20; ///< of one line of a stream
  std::uint32_t max_json_depth = 128;
  std::uint32_t max_subscribers = 64;   ///< per stream
  std::uint32_t subscriber_window = 32; ///< chunks in flight per subscriber (credit)
  std::chrono::milliseconds subscriber_timeout{600'000}; ///< maximum time to handle one chunk
  std::uint32_t max_batch = 1000;                        ///< prompts in one batch
  std::uint64_t max_message_bytes = 256u << 20;          ///< per message from another process

  static constexpr std::string_view type_name = "Limits";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(
        Field{"maxConcurrent", self.max_concurrent}, Field{"queueLength", self.queue_length},
        Field{"ageing", self.ageing}, Field{"maxPromptBytes", self.max_prompt_bytes},
        Field{"maxResponseBytes", self.max_response_bytes},
        Field{"maxLineBytes", self.max_line_bytes}, Field{"maxJsonDepth", self.max_json_depth},
        Field{"maxSubscribers", self.max_subscribers},
        Field{"subscriberWindow", self.subscriber_window},
        Field{"subscriberTimeout", self.subscriber_timeout}, Field{"maxBatch", self.max_batch},
        Field{"maxMessageBytes", self.max_message_bytes});
  }
  bool operator==(const Limits&) const = default;
};

/// Settings of the response cache of each role. Only deterministic requests (temperature 0 or a
/// seed) are cached.
struct CacheSettings {
  bool enabled = false;
  std::uint64_t max_bytes = 16u << 20;
  std::chrono::seconds ttl{300};

  static constexpr std::string_view type_name = "CacheSettings";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"enabled", self.enabled}, Field{"maxBytes", self.max_bytes},
                 Field{"ttl", self.ttl});
  }
  bool operator==(const CacheSettings&) const = default;
};

/// How often a failing component is restarted before the system shuts down.
struct RestartSettings {
  std::uint32_t max_restarts = 5; ///< per component within `window`
  std::chrono::seconds window{30};

  static constexpr std::string_view type_name = "RestartSettings";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"maxRestarts", self.max_restarts}, Field{"window", self.window});
  }
  bool operator==(const RestartSettings&) const = default;
};

/// Settings of the circuit breaker: when to stop sending requests while Ollama is unreachable, and
/// when to probe it again.
struct CircuitSettings {
  /// Consecutive failures to connect before it opens, provided that they have lasted longer than
  /// the retries of one request take; 0: never.
  std::uint32_t max_failures = 5;
  std::chrono::milliseconds reset_timeout{1000}; ///< delay before the first probe
  std::chrono::milliseconds max_reset_timeout{
      30'000}; ///< upper bound of the delay, which doubles after each failed probe

  static constexpr std::string_view type_name = "CircuitSettings";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"maxFailures", self.max_failures}, Field{"resetTimeout", self.reset_timeout},
                 Field{"maxResetTimeout", self.max_reset_timeout});
  }
  bool operator==(const CircuitSettings&) const = default;
};

/// Nodes that serve requests instead of this process, and the TLS files for connecting to them
/// (PEM).
struct NodeSettings {
  std::vector<std::string> addresses = {}; ///< `host:port`; empty: no nodes
  std::string certificate = {};
  std::string key = {};
  std::string authority = {};

  static constexpr std::string_view type_name = "NodeSettings";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"addresses", self.addresses}, Field{"certificate", self.certificate},
                 Field{"key", self.key}, Field{"authority", self.authority});
  }
  bool operator==(const NodeSettings&) const = default;
};

/// The log of prompts and answers that the `nexus-llm` program keeps for its user.
struct LogSettings {
  bool enabled = false;
  std::uint64_t max_bytes = 64u << 20;

  static constexpr std::string_view type_name = "LogSettings";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"enabled", self.enabled}, Field{"maxBytes", self.max_bytes});
  }
  bool operator==(const LogSettings&) const = default;
};

/// All settings (requirement D7, and more). The member initializers are the defaults;
/// `config/config_keys.hpp` maps each member to its key, range and documentation.
struct LLMClientConfig {
  std::string base_url = "http://localhost:11434";
  std::chrono::milliseconds timeout{300'000};  ///< for a response, or a stream's first chunk
  std::uint32_t max_retries = 3;               ///< retries per model
  std::chrono::milliseconds retry_delay{1000}; ///< minimum delay before a retry; doubles each time

  std::chrono::milliseconds max_retry_delay{30'000}; ///< upper bound of the retry delay
  std::chrono::milliseconds connect_timeout{5000};
  std::chrono::milliseconds gap_timeout{60'000};
  std::chrono::milliseconds total_timeout{0}; ///< 0: no timeout
  StreamRecovery stream_recovery = StreamRecovery::fail;
  bool allow_remote_models =
      false; ///< allow models that Ollama runs remotely: prompts leave this machine
  std::chrono::seconds model_list_ttl{30}; ///< lifetime of the cached list of models
  PerRole<RoleSettings> roles = default_role_settings();
  Limits limits;
  CacheSettings cache;
  RestartSettings restarts;
  CircuitSettings circuit;
  NodeSettings nodes;
  LogSettings log;

  /// Returns the primary model of a role.
  [[nodiscard]] const std::string& model(AIRole role) const noexcept { return roles[role].model; }
  [[nodiscard]] std::string& model(AIRole role) noexcept { return roles[role].model; }
  /// Returns the settings of a role.
  [[nodiscard]] const RoleSettings& settings(AIRole role) const noexcept { return roles[role]; }
  [[nodiscard]] RoleSettings& settings(AIRole role) noexcept { return roles[role]; }

  static constexpr std::string_view type_name = "LLMClientConfig";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(
        Field{"baseUrl", self.base_url}, Field{"timeout", self.timeout},
        Field{"maxRetries", self.max_retries}, Field{"retryDelay", self.retry_delay},
        Field{"maxRetryDelay", self.max_retry_delay}, Field{"connectTimeout", self.connect_timeout},
        Field{"gapTimeout", self.gap_timeout}, Field{"totalTimeout", self.total_timeout},
        Field{"streamRecovery", self.stream_recovery},
        Field{"allowRemoteModels", self.allow_remote_models},
        Field{"modelListTtl", self.model_list_ttl}, Field{"roles", self.roles},
        Field{"limits", self.limits}, Field{"cache", self.cache}, Field{"restarts", self.restarts},
        Field{"circuitBreaker", self.circuit}, Field{"nodes", self.nodes}, Field{"log", self.log});
  }
  bool operator==(const LLMClientConfig&) const = default;
};

} // namespace nexus::llm
