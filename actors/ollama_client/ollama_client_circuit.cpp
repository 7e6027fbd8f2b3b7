// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>

#include "actors/ollama_client/ollama_client_actor.hpp"
#include "actors/ollama_client/transfer_handlers.hpp"

// The circuit breaker of the OllamaClientActor.
namespace nexus::llm {

void OllamaClientActor::observe(const Exchange& exchange, const TransferEvent& event) {
  // An exchange with a former address says nothing about the current one.
  if (exchange.base_url != config_.base_url)
    return;
  using Failure = HttpOutcome::Failure;
  if (!event.chunks.empty() || !event.pull_lines.empty() ||
      (event.outcome && event.outcome->failure == Failure::none)) {
    on_reached();
    return;
  }
  if (!event.outcome)
    return;
  const auto failure = event.outcome->failure;
  // A connection that was cut does not mean that the next one will fail.
  if (failure != Failure::refused && failure != Failure::connect_timeout &&
      failure != Failure::host_not_found)
    return;
  if (breaker_.on_failure(event.outcome->detail, now()))
    tell(self_, owner_, circuit_atom_v, breaker_.health(now()));
  if (const auto next = breaker_.next_probe())
    watch_deadline(*next);
}

void OllamaClientActor::on_reached() {
  if (breaker_.on_success())
    tell(self_, owner_, circuit_atom_v, breaker_.health(now()));
}

std::optional<LLMError> OllamaClientActor::not_sent() const {
  if (breaker_.allows())
    return std::nullopt;
  return LLMError{.code = ErrorCode::circuit_open,
                  .subject = config_.base_url,
                  .detail = "not sent: " + breaker_.health(now()).last_failure,
                  .unsent_for = breaker_.open_for(now())};
}

void OllamaClientActor::probe() {
  if (!breaker_.begin_probe(now()))
    return;
  const auto id = ++last_id_;
  const auto limit = std::min(management_timeout(), config_.connect_timeout);
  auto failed = [this](std::string detail) {
    breaker_.on_probe_failed(std::move(detail), now());
    if (const auto next = breaker_.next_probe())
      watch_deadline(*next);
  };
  // `observe` handles a response, and a connection that cannot be made.
  add(id,
      {.base_url = config_.base_url,
       .budget = server_budget(limit),
       .sent = now(),
       .on_event =
           [failed](TransferEvent& event) {
             if (event.outcome && event.outcome->failure != HttpOutcome::Failure::none)
               failed(event.outcome->detail);
           },
       .fail = [failed](const LLMError& error) { failed(std::string{to_string(error.code)}); }});
  transport_->start(id, http(HttpRequest::Method::get, version_path, {}, {}),
                    make_body_handler(id, config_.limits.max_response_bytes, inbox_));
}

} // namespace nexus::llm
