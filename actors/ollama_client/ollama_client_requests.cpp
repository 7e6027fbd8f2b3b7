// SPDX-License-Identifier: BSD-3-Clause
#include "actors/model_manager/remote_model.hpp"
#include "actors/ollama_client/ollama_client_actor.hpp"
#include "actors/ollama_client/request_builder.hpp"
#include "actors/ollama_client/request_validation.hpp"
#include "actors/ollama_client/transfer_handlers.hpp"

#include <algorithm>
#include <new>

// How the OllamaClientActor sends prompts and conversations.
namespace nexus::llm {

OllamaClientActor::Promise<LLMResponse> OllamaClientActor::run(LLMRequest request, RequestKind kind,
                                                               chunk_sink sink) {
  auto promise = self_->make_response_promise<LLMResponse>();
  request.kind = kind;
  if (auto valid = validate(request, config_.limits); !valid) {
    promise.deliver(to_caf_error(std::move(valid.error())));
    return promise;
  }
  // The list of models reveals more remote models; this covers requests that skip it.
  if (auto refused = remote_refusal(request.model, "", config_)) {
    promise.deliver(to_caf_error(std::move(*refused)));
    return promise;
  }
  if (auto error = not_sent()) {
    promise.deliver(to_caf_error(std::move(*error)));
    return promise;
  }
  const auto model = request.model;
  auto failed = begin(model, [&] { send(promise, request, std::move(sink)); });
  if (failed)
    promise.deliver(to_caf_error(std::move(*failed)));
  return promise;
}

std::optional<LLMError> OllamaClientActor::begin(const std::string& model,
                                                 const std::function<void()>& send) {
  const auto first = last_id_ + 1;
  try {
    send();
    return std::nullopt;
  } catch (const std::bad_alloc&) {
    for (auto id = first; id <= last_id_; ++id)
      exchanges_.erase(id);
    return transfer_error({.failure = HttpOutcome::Failure::no_memory}, subject(model), false);
  }
}

void OllamaClientActor::send(Promise<LLMResponse> promise, LLMRequest& request, chunk_sink sink) {
  const auto id = ++last_id_;
  auto within = [](std::optional<Millis> wanted, Millis limit) {
    return limit > Millis{0} ? std::min(wanted.value_or(limit), limit) : wanted.value_or(limit);
  };
  const auto timeout = within(request.timeout, config_.timeout);
  const auto budget =
      sink ? TimeBudget::stream(now(), timeout, within(request.gap_timeout, config_.gap_timeout),
                                within(request.total_timeout, config_.total_timeout))
           : TimeBudget::complete(now(), timeout);
  auto exchange = exchange_of(promise, request.id, budget, request.model);
  exchange.attempt = request.attempt;
  exchange.sink = sink;
  // A complete response is streamed, too: this shows whether a slow model makes progress.
  request.stream = true;
  auto message = http(HttpRequest::Method::post, request_builder::endpoint(request.kind),
                      request_builder::body(request), request.connect_timeout);
  auto handler = make_stream_handler(
      id, AnswerCollector{request, config_.limits, subject(request.model)}, inbox_);
  exchange.on_event = [this, promise, id,
                       sent = std::make_shared<const LLMRequest>(std::move(request))](
                          TransferEvent& event) mutable {
    if (!event.answer)
      return;
    auto& done = exchanges_.at(id);
    done.settled = true;
    auto& answer = *event.answer;
    if (!answer) {
      promise.deliver(to_caf_error(std::move(answer.error())));
      return;
    }
    answer->provenance.first_chunk_time =
        done.first_chunk_time.value_or(std::chrono::microseconds{0});
    answer->provenance.cut_by_length = answer->done_reason == "length";
    audit(promise, sent, std::move(*answer));
  };
  add(id, std::move(exchange));
  transport_->start(id, std::move(message), std::move(handler));
}

} // namespace nexus::llm
