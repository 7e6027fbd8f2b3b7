// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "actors/internal_interfaces.hpp"
#include "actors/ollama_client/answer_collector.hpp"
#include "actors/ollama_client/circuit_breaker.hpp"
#include "actors/ollama_client/prompt_audit.hpp"
#include "actors/ollama_client/pull_tally.hpp"
#include "actors/ollama_client/time_budget.hpp"
#include "actors/ollama_client/transfer_inbox.hpp"
#include "actors/ollama_client/transport.hpp"

namespace nexus::llm {

/// Makes the transport of a new client. Tests replace it by a scripted one.
using TransportFactory = std::function<std::unique_ptr<Transport>()>;

/// OllamaClientActor (requirement F6). Accepts the messages of `ollama_client_actor` and answers
/// each once, with a result or an `LLMError`. Owns the transport with its thread and connections,
/// all time budgets, and the circuit breaker, whose changes it reports to its owner. Detects
/// prompts that Ollama truncated. Never blocks, never retries. When it dies, its transfers are
/// aborted and waiting callers get `component_failed`.
class OllamaClientActor {
public:
  using Base = ollama_client_internal::base;
  static constexpr const char* name = "OllamaClientActor";

  OllamaClientActor(ollama_client_internal::pointer self, LLMClientConfig config,
                    TransportFactory make_transport, client_owner owner);
  ~OllamaClientActor();

  [[nodiscard]] ollama_client_internal::behavior_type make_behavior();

private:
  using Millis = std::chrono::milliseconds;
  /// The endpoint of a probe, and the only one that is called while the circuit is open.
  static constexpr std::string_view version_path = "/api/version";
  template <class T> using Promise = caf::typed_response_promise<T>;

  /// One HTTP exchange in progress.
  struct Exchange {
    std::string base_url; ///< where it was sent
    RequestId request = {};
    TimeBudget budget;
    std::string model = {};
    TimeBudget::Clock::time_point sent;
    std::optional<std::chrono::microseconds> first_chunk_time = {};
    std::uint32_t attempt = 0;
    chunk_sink sink = {};
    std::string partial = {}; ///< the text received so far
    bool settled = false;     ///< answered; only the connection has not ended yet
    std::function<void(TransferEvent&)> on_event =
        {}; ///< handles events until it settles the exchange
    std::function<void(LLMError)> fail;
  };

  Promise<LLMResponse> run(LLMRequest request, RequestKind kind, chunk_sink sink);
  void send(Promise<LLMResponse> promise, LLMRequest& request, chunk_sink sink);
  /// Runs `send`, which sends a request. Without memory for a large prompt, it undoes that and
  /// returns an error for the request: this actor goes on with all others.
  [[nodiscard]] std::optional<LLMError> begin(const std::string& model,
                                              const std::function<void()>& send);
  Promise<EmbedResponse> embed(EmbedRequest request);
  bool cancel(const RequestId& id);

  // Pulling, pushing and creating models (ollama_client_transfers.cpp).

  Promise<Ack> transfer_model(const RequestId& request_id, std::string_view path,
                              std::string request, const std::string& model, ErrorCode failure_code,
                              pull_subscriber subscriber);
  Promise<Ack> create(const CreateRequest& request, pull_subscriber subscriber);
  Promise<std::string> upload_blob(const std::string& file);
  void send_blob(Promise<std::string> promise, const std::string& file, const std::string& digest);
  /// `go_on` may continue with another exchange if the status is not a success.
  void exchange_blob(Promise<std::string> promise, HttpRequest message, TimeBudget budget,
                     const std::string& digest, std::function<bool(const HttpOutcome&)> go_on);

  /// Starts an exchange whose complete body `parse` turns into a value, and passes the value, or
  /// the error, to `done`.
  template <class T, class Parse, class Done>
  void query(HttpRequest::Method method, std::string_view path, std::string body, std::string model,
             RequestId id, TimeBudget budget, Parse parse, Done done);
  /// The same, as the reply to the current message.
  template <class T, class Parse>
  Promise<T> call(HttpRequest::Method method, std::string_view path, std::string body,
                  std::string model, RequestId id, TimeBudget budget, Parse parse);
  Promise<RunningModels> running_models();
  void query_running_models();
  Promise<std::string> version();
  Promise<Ack> acknowledge(HttpRequest::Method method, std::string_view path, std::string body,
                           const std::string& model, TimeBudget budget, RequestId id = {});

  [[nodiscard]] HttpRequest http(HttpRequest::Method method, std::string_view path,
                                 std::string body, std::optional<Millis> connect_timeout) const;
  [[nodiscard]] ExchangeSubject subject(const std::string& model) const;
  [[nodiscard]] Result<std::string> whole_body(TransferEvent& event,
                                               const std::string& model) const;
  [[nodiscard]] Millis management_timeout() const;
  [[nodiscard]] TimeBudget management_budget() const;
  /// The budget of a call that Ollama answers without a model.
  [[nodiscard]] TimeBudget server_budget(Millis timeout) const;
  /// The error of an exchange that has timed out.
  [[nodiscard]] LLMError time_error(Exchange& exchange, ErrorCode code) const;

  /// An exchange whose error is delivered to the promise.
  template <class T>
  [[nodiscard]] Exchange exchange_of(Promise<T> promise, RequestId request, TimeBudget budget,
                                     std::string model) const;
  void add(TransferId id, Exchange exchange);
  void on_transfer_events();
  void on_event(Exchange& exchange, TransferEvent& event);

  /// Detects whether the prompt was truncated, and delivers the response. May have to query Ollama
  /// for its context windows first.
  void audit(Promise<LLMResponse> promise, const std::shared_ptr<const LLMRequest>& request,
             LLMResponse response);

  // The circuit breaker (ollama_client_circuit.cpp).

  /// Updates the circuit breaker from an event of an exchange.
  void observe(const Exchange& exchange, const TransferEvent& event);
  /// Ollama is reachable.
  void on_reached();
  /// The error if the circuit breaker does not allow requests.
  [[nodiscard]] std::optional<LLMError> not_sent() const;
  /// Sends a probe to Ollama if one is due.
  void probe();
  void on_tick(std::uint64_t epoch);
  void watch_deadline(TimeBudget::Clock::time_point deadline);
  [[nodiscard]] TimeBudget::Clock::time_point now() const;

  ollama_client_internal::pointer self_;
  LLMClientConfig config_;
  client_owner owner_;
  CircuitBreaker breaker_;
  PromptAudit audit_;
  std::shared_ptr<TransferInbox> inbox_;
  std::vector<TransferEvent> events_; ///< those in progress; empty between messages
  std::unordered_map<TransferId, Exchange> exchanges_;
  /// Those who wait for the next list of running models.
  std::vector<Promise<RunningModels>> waiting_for_running_;
  bool querying_running_ = false;
  std::unordered_map<std::string, TimeBudget::Clock::time_point> last_chunk_at_; ///< by model
  TransferId last_id_ = 0;
  std::uint64_t tick_epoch_ = 0;
  std::optional<TimeBudget::Clock::time_point> next_tick_;
  std::unique_ptr<Transport> transport_;
};

template <class T>
OllamaClientActor::Exchange OllamaClientActor::exchange_of(Promise<T> promise, RequestId request,
                                                           TimeBudget budget,
                                                           std::string model) const {
  return {.base_url = config_.base_url,
          .request = std::move(request),
          .budget = budget,
          .model = std::move(model),
          .sent = now(),
          .fail = [promise](LLMError error) mutable {
            promise.deliver(to_caf_error(std::move(error)));
          }};
}

/// Spawns a client with its own transport.
[[nodiscard]] ollama_client_actor spawn_ollama_client(caf::actor_system& system,
                                                      LLMClientConfig config,
                                                      TransportFactory make_transport,
                                                      client_owner owner);

} // namespace nexus::llm
