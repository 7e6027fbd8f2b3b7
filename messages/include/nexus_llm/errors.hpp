// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "nexus_llm/field.hpp"

namespace nexus::llm {

/// Categorizes errors. The first five categories are those of requirement E1.
enum class ErrorCategory : std::uint8_t {
  connection,
  timeout,
  model,
  api,
  stream,
  validation,
  overload,
  cancelled,
  configuration,
  internal,
};

[[nodiscard]] constexpr ErrorCategory last_of(ErrorCategory) noexcept {
  return ErrorCategory::internal;
}

/// Identifies the cause of a failed request. The numeric values are part of the wire protocol and
/// of the JSON interface: they never change and are never reused. New codes are appended. 0 means
/// "no error".
enum class ErrorCode : std::uint8_t {
  connection_refused = 1,
  host_not_found = 2,
  connection_lost = 3,
  connect_timeout = 4,
  request_timeout = 5,
  first_token_timeout = 6,
  gap_timeout = 7,
  total_timeout = 8,
  model_not_found = 9,
  model_load_failed = 10,
  model_capability_missing = 11,
  model_failed = 12,
  bad_request = 13,
  forbidden = 14,
  server_error = 15,
  server_busy = 16,
  unexpected_status = 17,
  bad_response = 18,
  response_too_large = 19,
  stream_interrupted = 20,
  stream_incomplete = 21,
  stream_failed = 22,
  stream_malformed = 23,
  invalid_prompt = 24,
  invalid_messages = 25,
  invalid_option = 26,
  invalid_model_name = 27,
  invalid_argument = 28,
  unknown_request = 29,
  queue_full = 30,
  too_many_subscribers = 31,
  too_many_requests = 32,
  cancelled = 33,
  config_unreadable = 34,
  config_malformed = 35,
  config_value_invalid = 36,
  config_write_failed = 37,
  address_not_local = 38,
  component_failed = 39,
  restart_budget_exhausted = 40,
  shutting_down = 41,
  internal_error = 42,
  circuit_open = 43,
  node_unreachable = 44,
  node_lost = 45,
  node_mismatch = 46,
  node_distrusted = 47,
  listen_failed = 48,
  listen_insecure = 49,
  certificate_invalid = 50,
  server_timeout = 51,
  slot_timeout = 52,
  download_stalled = 53,
  sign_in_required = 54,
  credentials_required = 55,
  request_too_large = 56,
  rate_limited = 57,
  proxy_failed = 58,
  redirected = 59,
  tls_not_trusted = 60,
  tls_not_spoken = 61,
  tls_required = 62,
  tls_failed = 63,
  context_exceeded = 64,
  out_of_memory = 65,
  disk_full = 66,
  model_not_in_registry = 67,
  registry_failed = 68,
  remote_model_refused = 69,
  resources_exhausted = 70,
  connect_insecure = 71,
  not_set_up = 72,
};

/// Controls how often a failed request is retried on the same model.
enum class Retry : std::uint8_t {
  never,  ///< a retry cannot succeed
  once,   ///< at most one retry
  budget, ///< up to `maxRetries` retries
  resume, ///< as `budget`, unless the first attempt of a request accepted afterwards fails with it
  moved,  ///< up to three retries on the replacement of a lost component, despite `maxRetries`
};

/// One row of the error table: all properties of an error code. The sentence may contain `{}`, a
/// placeholder for the subject of the error (a model name, a URL, the name of a field, ...).
struct ErrorInfo {
  ErrorCode code;
  std::string_view name;
  ErrorCategory category;
  Retry retry;
  bool falls_back; ///< a fallback model may serve the request instead
  std::string_view sentence;
};

/// All error codes. Messages, exit codes, JSON codes, retry classes and `docs/errors.md` derive
/// from this table.
inline constexpr std::array error_table{
    ErrorInfo{ErrorCode::connection_refused, "connection_refused", ErrorCategory::connection,
              Retry::budget, false, "Ollama is not running at {}. Start it with `ollama serve`."},
    ErrorInfo{ErrorCode::host_not_found, "host_not_found", ErrorCategory::connection, Retry::budget,
              false, "The host of {} cannot be found. Check the base URL."},
    ErrorInfo{ErrorCode::connection_lost, "connection_lost", ErrorCategory::connection,
              Retry::budget, false,
              "The connection to Ollama at {} was lost before an answer came. Check that Ollama is "
              "still running."},
    ErrorInfo{ErrorCode::connect_timeout, "connect_timeout", ErrorCategory::timeout, Retry::budget,
              false, "Connecting to Ollama at {} took too long. Check that it is running."},
    ErrorInfo{ErrorCode::request_timeout, "request_timeout", ErrorCategory::timeout, Retry::never,
              false,
              "The answer of {} was not complete in time. Raise `timeout`, limit the number of "
              "tokens, or use a smaller model."},
    ErrorInfo{ErrorCode::first_token_timeout, "first_token_timeout", ErrorCategory::timeout,
              Retry::once, true,
              "The model {} did not start to answer in time. Raise `timeout` or use a smaller "
              "model."},
    ErrorInfo{ErrorCode::gap_timeout, "gap_timeout", ErrorCategory::timeout, Retry::budget, true,
              "The model {} fell silent in the middle of its answer. Try again, or raise "
              "`gapTimeout`."},
    ErrorInfo{ErrorCode::total_timeout, "total_timeout", ErrorCategory::timeout, Retry::never,
              false,
              "The answer of {} took longer than allowed. Raise `totalTimeout` or limit the number "
              "of tokens."},
    ErrorInfo{ErrorCode::model_not_found, "model_not_found", ErrorCategory::model, Retry::never,
              true,
              "The model {0} is not installed. Check its name (`nexus-llm models list`), or get it "
              "with `nexus-llm models pull {0}`."},
    ErrorInfo{ErrorCode::model_load_failed, "model_load_failed", ErrorCategory::model, Retry::once,
              true,
              "The model {} could not be loaded. Ollama's log tells why; `nexus-llm models pull` "
              "repairs a damaged model."},
    ErrorInfo{ErrorCode::model_capability_missing, "model_capability_missing", ErrorCategory::model,
              Retry::never, true,
              "The model {} cannot do what was asked. Choose a model that supports it (`nexus-llm "
              "models show` lists what each can do)."},
    ErrorInfo{ErrorCode::model_failed, "model_failed", ErrorCategory::model, Retry::once, true,
              "The model {} stopped unexpectedly while it worked. Try again; Ollama's log tells "
              "why."},
    ErrorInfo{ErrorCode::bad_request, "bad_request", ErrorCategory::api, Retry::never, false,
              "Ollama did not accept the request for {}. Check its options."},
    ErrorInfo{ErrorCode::forbidden, "forbidden", ErrorCategory::api, Retry::never, false,
              "Ollama at {} refused access. Check OLLAMA_ORIGINS and the host name in the base "
              "URL."},
    ErrorInfo{ErrorCode::server_error, "server_error", ErrorCategory::api, Retry::once, true,
              "Ollama failed while it worked on the request for {}. Try again; Ollama's log tells "
              "why."},
    ErrorInfo{ErrorCode::server_busy, "server_busy", ErrorCategory::api, Retry::budget, false,
              "Ollama at {} is too busy to take the request. Try again later."},
    ErrorInfo{ErrorCode::unexpected_status, "unexpected_status", ErrorCategory::api, Retry::never,
              false, "The server at {} does not answer like Ollama. Check the base URL."},
    ErrorInfo{ErrorCode::bad_response, "bad_response", ErrorCategory::api, Retry::once, true,
              "The answer from {} could not be understood. Check that the base URL leads to "
              "Ollama."},
    ErrorInfo{ErrorCode::response_too_large, "response_too_large", ErrorCategory::api, Retry::never,
              false,
              "The answer of {} was larger than allowed. Limit the number of tokens or raise the "
              "response limit."},
    ErrorInfo{ErrorCode::stream_interrupted, "stream_interrupted", ErrorCategory::stream,
              Retry::budget, true,
              "The answer of {} broke off because the connection to Ollama was cut."},
    ErrorInfo{ErrorCode::stream_incomplete, "stream_incomplete", ErrorCategory::stream,
              Retry::budget, true, "The answer of {} ended before it was complete."},
    ErrorInfo{ErrorCode::stream_failed, "stream_failed", ErrorCategory::stream, Retry::once, true,
              "Ollama reported a failure in the middle of the answer of {}."},
    ErrorInfo{ErrorCode::stream_malformed, "stream_malformed", ErrorCategory::stream, Retry::once,
              true, "A part of the answer of {} could not be understood."},
    ErrorInfo{ErrorCode::invalid_prompt, "invalid_prompt", ErrorCategory::validation, Retry::never,
              false, "The prompt cannot be sent: {}."},
    ErrorInfo{ErrorCode::invalid_messages, "invalid_messages", ErrorCategory::validation,
              Retry::never, false, "The conversation cannot be sent: {}."},
    ErrorInfo{ErrorCode::invalid_option, "invalid_option", ErrorCategory::validation, Retry::never,
              false, "An option is not valid: {}."},
    ErrorInfo{ErrorCode::invalid_model_name, "invalid_model_name", ErrorCategory::validation,
              Retry::never, false,
              "{} is not a valid model name. A name looks like `llama3.1:8b`."},
    ErrorInfo{ErrorCode::invalid_argument, "invalid_argument", ErrorCategory::validation,
              Retry::never, false, "An argument is not valid: {}."},
    ErrorInfo{ErrorCode::unknown_request, "unknown_request", ErrorCategory::validation,
              Retry::never, false, "There is no request {} under way; it may have ended already."},
    ErrorInfo{ErrorCode::queue_full, "queue_full", ErrorCategory::overload, Retry::never, false,
              "Too many requests wait for the {} role already. Try again in a moment."},
    ErrorInfo{ErrorCode::too_many_subscribers, "too_many_subscribers", ErrorCategory::overload,
              Retry::never, false, "Too many subscribers listen to request {} already."},
    ErrorInfo{ErrorCode::too_many_requests, "too_many_requests", ErrorCategory::overload,
              Retry::never, false, "Too many calls wait for {} already. Try again in a moment."},
    ErrorInfo{ErrorCode::cancelled, "cancelled", ErrorCategory::cancelled, Retry::never, false,
              "The request was cancelled."},
    ErrorInfo{ErrorCode::config_unreadable, "config_unreadable", ErrorCategory::configuration,
              Retry::never, false,
              "The configuration file {} cannot be read. Check its path and permissions."},
    ErrorInfo{ErrorCode::config_malformed, "config_malformed", ErrorCategory::configuration,
              Retry::never, false, "The configuration file is not valid JSON: {}."},
    ErrorInfo{ErrorCode::config_value_invalid, "config_value_invalid", ErrorCategory::configuration,
              Retry::never, false, "A setting is not valid: {}."},
    ErrorInfo{ErrorCode::config_write_failed, "config_write_failed", ErrorCategory::configuration,
              Retry::never, false,
              "The configuration could not be saved to {}. The old file is unchanged."},
    ErrorInfo{ErrorCode::address_not_local, "address_not_local", ErrorCategory::configuration,
              Retry::never, false,
              "{} is not on this machine. Only a local Ollama may be used, such as "
              "http://localhost:11434."},
    ErrorInfo{ErrorCode::component_failed, "component_failed", ErrorCategory::internal,
              Retry::moved, false,
              "A part of the system ({}) failed while it worked on the request. Try again."},
    ErrorInfo{ErrorCode::restart_budget_exhausted, "restart_budget_exhausted",
              ErrorCategory::internal, Retry::never, false,
              "A part of the system ({}) kept failing and was given up. Restart the program and "
              "report this."},
    ErrorInfo{ErrorCode::shutting_down, "shutting_down", ErrorCategory::internal, Retry::never,
              false, "The system is shutting down, so the request was not finished."},
    ErrorInfo{ErrorCode::internal_error, "internal_error", ErrorCategory::internal, Retry::never,
              false, "Something went wrong inside the program. The log has the details."},
    ErrorInfo{ErrorCode::circuit_open, "circuit_open", ErrorCategory::connection, Retry::resume,
              false,
              "Ollama is not running at {}, as the requests just before found out. Start it with "
              "`ollama serve`."},
    ErrorInfo{ErrorCode::node_unreachable, "node_unreachable", ErrorCategory::connection,
              Retry::budget, false,
              "No nexus-llm node answers at {}. Start one there with `nexus-llm serve`."},
    ErrorInfo{ErrorCode::node_lost, "node_lost", ErrorCategory::connection, Retry::moved, false,
              "The connection to the node {} broke while it worked on the request. Try again."},
    ErrorInfo{ErrorCode::node_mismatch, "node_mismatch", ErrorCategory::configuration, Retry::never,
              false,
              "The node {} speaks another protocol than this program. Install the same version of "
              "nexus-llm on both machines."},
    ErrorInfo{ErrorCode::node_distrusted, "node_distrusted", ErrorCategory::configuration,
              Retry::never, false,
              "The node {} does not accept this program, or the other way round. Check that both "
              "have certificates of the same authority (`nexus-llm certs`), or that neither has."},
    ErrorInfo{ErrorCode::listen_failed, "listen_failed", ErrorCategory::configuration, Retry::never,
              false, "Listening on {} failed. Choose another address."},
    ErrorInfo{ErrorCode::listen_insecure, "listen_insecure", ErrorCategory::configuration,
              Retry::never, false,
              "The address {} can be reached from other machines, which needs certificates. Make "
              "them with `nexus-llm certs init` and name them with --cert, --key and --ca."},
    ErrorInfo{ErrorCode::certificate_invalid, "certificate_invalid", ErrorCategory::configuration,
              Retry::never, false, "The certificates cannot be used: {}."},
    ErrorInfo{ErrorCode::server_timeout, "server_timeout", ErrorCategory::timeout, Retry::budget,
              false,
              "Ollama at {} took the connection but did not answer in time. Check that it is well, "
              "or restart it."},
    ErrorInfo{
        ErrorCode::slot_timeout, "slot_timeout", ErrorCategory::timeout, Retry::once, true,
        "The model {} was busy with other requests and did not get to this one in time. Raise "
        "`timeout`, or send fewer requests at once."},
    ErrorInfo{
        ErrorCode::download_stalled, "download_stalled", ErrorCategory::timeout, Retry::budget,
        false,
        "The transfer of {} made no progress for longer than `timeout` allows. Start it again, "
        "it goes on where it stopped, or raise `timeout`."},
    ErrorInfo{ErrorCode::sign_in_required, "sign_in_required", ErrorCategory::model, Retry::never,
              true, "The model {} needs an account. Sign in with `ollama signin`."},
    ErrorInfo{ErrorCode::credentials_required, "credentials_required", ErrorCategory::api,
              Retry::never, false,
              "The server at {} asks for a login, so it is not Ollama itself. Set the base URL to "
              "the address of Ollama."},
    ErrorInfo{
        ErrorCode::request_too_large, "request_too_large", ErrorCategory::api, Retry::never, false,
        "The server at {} refused the request because it is too large. Shorten the prompt, or "
        "raise the limit of the proxy in front of Ollama."},
    ErrorInfo{ErrorCode::rate_limited, "rate_limited", ErrorCategory::api, Retry::budget, true,
              "A limit on requests for {} is reached. Wait a while, or use another model."},
    ErrorInfo{ErrorCode::proxy_failed, "proxy_failed", ErrorCategory::connection, Retry::budget,
              false,
              "The proxy at {} gets no answer from Ollama. Check that Ollama is running, and how "
              "long the proxy waits."},
    ErrorInfo{ErrorCode::redirected, "redirected", ErrorCategory::api, Retry::never, false,
              "The server redirects {}. Set the base URL to where Ollama itself answers."},
    ErrorInfo{ErrorCode::tls_not_trusted, "tls_not_trusted", ErrorCategory::connection,
              Retry::never, false,
              "The TLS certificate of {} is not trusted. Add its authority to those that this "
              "system trusts, or use the address at which Ollama speaks plain HTTP."},
    ErrorInfo{ErrorCode::tls_not_spoken, "tls_not_spoken", ErrorCategory::connection, Retry::never,
              false, "The server at {} does not speak TLS. Write http:// in the base URL."},
    ErrorInfo{ErrorCode::tls_required, "tls_required", ErrorCategory::connection, Retry::never,
              false, "The server at {} speaks TLS. Write https:// in the base URL."},
    ErrorInfo{ErrorCode::tls_failed, "tls_failed", ErrorCategory::connection, Retry::never, false,
              "No TLS connection to {} can be made. Check the TLS settings of the server."},
    ErrorInfo{ErrorCode::context_exceeded, "context_exceeded", ErrorCategory::api, Retry::never,
              true,
              "The prompt is too long for the context window of {}. Shorten it, or raise "
              "`numCtx`."},
    ErrorInfo{ErrorCode::out_of_memory, "out_of_memory", ErrorCategory::model, Retry::once, true,
              "There is not enough memory for the model {}. Free some, or use a smaller model or "
              "context window."},
    ErrorInfo{ErrorCode::disk_full, "disk_full", ErrorCategory::model, Retry::never, false,
              "The disk on which Ollama keeps {} is full. Free some space and try again."},
    ErrorInfo{ErrorCode::model_not_in_registry, "model_not_in_registry", ErrorCategory::model,
              Retry::never, false, "The registry has no model {}. Check its name and tag."},
    ErrorInfo{ErrorCode::registry_failed, "registry_failed", ErrorCategory::model, Retry::once,
              false, "Ollama could not transfer the model {} from or to the registry."},
    ErrorInfo{ErrorCode::remote_model_refused, "remote_model_refused", ErrorCategory::model,
              Retry::never, true,
              "The model {}, so the prompt would leave this machine. Choose a local model, or set "
              "`llm.allowRemoteModels` to true and sign in with `ollama signin`."},
    ErrorInfo{ErrorCode::resources_exhausted, "resources_exhausted", ErrorCategory::internal,
              Retry::budget, false,
              "This program has reached a limit of the system: {}. Raise the limit, or do less at "
              "once."},
    ErrorInfo{ErrorCode::connect_insecure, "connect_insecure", ErrorCategory::configuration,
              Retry::never, false,
              "The node {} is on another machine, and prompts would go there in clear. Name "
              "certificates with --cert, --key and --ca (`nexus-llm certs init` makes them)."},
    ErrorInfo{ErrorCode::not_set_up, "not_set_up", ErrorCategory::configuration, Retry::never,
              false,
              "The actor system does not know the messages of this library. Call "
              "`nexus::llm::setup` on its configuration before it is made, or use "
              "`nexus::llm::SystemConfig`."},
};

namespace detail {
consteval bool error_table_is_ordered() {
  for (std::size_t i = 0; i < error_table.size(); ++i)
    if (static_cast<std::size_t>(error_table[i].code) != i + 1)
      return false;
  return error_table.back().code == ErrorCode::not_set_up;
}
} // namespace detail
static_assert(detail::error_table_is_ordered(), "one row per code, in the order of the enum");

/// Returns the row of `code`, or the row of `internal_error` if the value is out of range.
[[nodiscard]] constexpr const ErrorInfo& info(ErrorCode code) noexcept {
  auto index = static_cast<std::size_t>(code);
  if (index < 1 || index > error_table.size())
    index = static_cast<std::size_t>(ErrorCode::internal_error);
  return error_table[index - 1];
}

/// Returns the category of an error code.
[[nodiscard]] constexpr ErrorCategory category(ErrorCode code) noexcept {
  return info(code).category;
}

/// Returns the name of an error code, as in JSON, logs and `docs/errors.md`.
[[nodiscard]] constexpr std::string_view to_string(ErrorCode code) noexcept {
  return info(code).name;
}

/// Returns the name of an error category.
[[nodiscard]] std::string_view to_string(ErrorCategory category) noexcept;

/// Returns whether a retry may succeed. Except for `overload` errors, the library has already
/// retried according to `Retry` before the caller gets the error.
[[nodiscard]] constexpr bool is_retryable(ErrorCode code) noexcept {
  return info(code).retry != Retry::never || category(code) == ErrorCategory::overload;
}

/// Returns the exit code of the `nexus-llm` program for an error category.
[[nodiscard]] int exit_code(ErrorCategory category) noexcept;

/// Returns the code of a JSON-RPC error object. Each error code maps to its own value in the range
/// that JSON-RPC reserves for servers.
[[nodiscard]] constexpr int json_rpc_code(ErrorCode code) noexcept {
  return -32000 - static_cast<int>(code);
}

/// An error as a value: returned to callers, sent over the network and written to the log. `reason`
/// is the server's own message for the user; `detail` is technical (libcurl code, body excerpt) and
/// meant for the log only.
struct LLMError {
  ErrorCode code = ErrorCode::internal_error;
  std::string subject = {};      ///< fills the `{}` of the sentence
  std::string reason = {};       ///< one-line message from the server, or empty
  std::string detail = {};       ///< technical; not shown to users by default
  std::string partial = {};      ///< text received before a stream failed
  std::uint16_t http_status = 0; ///< 0 if there was no HTTP response
  std::optional<std::chrono::milliseconds> retry_after = {}; ///< delay that the server requested
  std::string model = {};     ///< model of the last attempt; empty if none was selected
  std::uint32_t attempts = 0; ///< number of attempts on all models
  std::optional<std::chrono::milliseconds> unsent_for = {}; ///< how long the circuit has been open

  static constexpr std::string_view type_name = "LLMError";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"code", self.code}, Field{"subject", self.subject},
                 Field{"reason", self.reason}, Field{"detail", self.detail},
                 Field{"partial", self.partial}, Field{"httpStatus", self.http_status},
                 Field{"retryAfter", self.retry_after}, Field{"model", self.model},
                 Field{"attempts", self.attempts}, Field{"unsentFor", self.unsent_for});
  }
  bool operator==(const LLMError&) const = default;
};

/// Returns the message for the user: one sentence that says what happened and what to do, followed
/// by the reason from the server, if any.
[[nodiscard]] std::string sentence(const LLMError& error);

/// Returns one line for the log: code, sentence and technical detail.
[[nodiscard]] std::string log_line(const LLMError& error);

} // namespace nexus::llm
