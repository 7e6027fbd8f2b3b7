// SPDX-License-Identifier: BSD-3-Clause
#include "actors/guarded_answer.hpp"
#include "actors/ollama_client/blob_digest.hpp"
#include "actors/ollama_client/ollama_client_actor.hpp"
#include "actors/ollama_client/pull_tally.hpp"
#include "actors/ollama_client/request_builder.hpp"
#include "actors/ollama_client/request_validation.hpp"
#include "actors/ollama_client/transfer_handlers.hpp"

// How the OllamaClientActor pulls, pushes and creates models.
namespace nexus::llm {

namespace {
/// How long a subscriber may take to handle one report.
constexpr std::chrono::seconds subscriber_timeout{600};
} // namespace

OllamaClientActor::Promise<Ack>
OllamaClientActor::transfer_model(const RequestId& request_id, std::string_view path,
                                  std::string request, const std::string& model,
                                  ErrorCode failure_code, pull_subscriber subscriber) {
  auto promise = self_->make_response_promise<Ack>();
  if (auto valid = validate_model_name(model); !valid) {
    promise.deliver(to_caf_error(std::move(valid.error())));
    return promise;
  }
  if (auto error = not_sent()) {
    promise.deliver(to_caf_error(std::move(*error)));
    return promise;
  }
  /// The pending report to the subscriber; while one is unanswered, newer reports replace each
  /// other.
  struct Report {
    PullTally tally;
    bool busy = false;
    bool news = false;
  };
  auto report = std::make_shared<Report>(Report{PullTally{model}});
  auto send = std::make_shared<std::function<void()>>();
  std::weak_ptr<std::function<void()>> weak_send = send;
  *send = [this, report, subscriber, weak_send] {
    if (report->busy || !report->news)
      return;
    report->busy = true;
    report->news = false;
    auto again = [report, keep = weak_send.lock()] {
      report->busy = false;
      (*keep)();
    };
    ask(self_, subscriber, subscriber_timeout, report->tally.progress())
        .then(again, [](const caf::error&) {});
  };
  const auto id = ++last_id_;
  auto exchange =
      exchange_of(promise, request_id, TimeBudget::transfer(now(), config_.timeout), model);
  exchange.on_event = [this, id, promise, report, send](TransferEvent& event) mutable {
    for (const auto& line : event.pull_lines) {
      report->tally.add(line);
      report->news = true;
    }
    (*send)();
    if (!event.pulled)
      return;
    exchanges_.at(id).settled = true;
    if (*event.pulled)
      promise.deliver(Ack{});
    else
      promise.deliver(to_caf_error(std::move(event.pulled->error())));
  };
  add(id, std::move(exchange));
  transport_->start(id, http(HttpRequest::Method::post, path, std::move(request), {}),
                    make_pull_handler(id, subject(model), failure_code, inbox_));
  return promise;
}

OllamaClientActor::Promise<Ack> OllamaClientActor::create(const CreateRequest& request,
                                                          pull_subscriber subscriber) {
  if (auto valid = validate(request, config_.limits); !valid) {
    auto promise = self_->make_response_promise<Ack>();
    promise.deliver(to_caf_error(std::move(valid.error())));
    return promise;
  }
  return transfer_model(request.id, "/api/create", request_builder::body(request), request.model,
                        ErrorCode::server_error, std::move(subscriber));
}

OllamaClientActor::Promise<std::string> OllamaClientActor::upload_blob(const std::string& file) {
  auto promise = self_->make_response_promise<std::string>();
  // Reading a large file takes long, and would block this actor.
  const auto reader = spawn_blob_digest(self_->system());
  ask_watched(self_, reader, digest_atom_v, file)
      .then([this, promise,
             file](const std::string& digest) mutable { send_blob(promise, file, digest); },
            // The death of the reader must not look like the death of this actor.
            [promise](const caf::error& error) mutable {
              promise.deliver(to_caf_error(to_llm_error(error)));
            });
  return promise;
}

void OllamaClientActor::send_blob(Promise<std::string> promise, const std::string& file,
                                  const std::string& digest) {
  if (auto error = not_sent()) {
    promise.deliver(to_caf_error(std::move(*error)));
    return;
  }
  const auto path = "/api/blobs/" + digest;
  // Ollama may have the content already, and it may be large.
  exchange_blob(promise, http(HttpRequest::Method::head, path, {}, {}), management_budget(), digest,
                [this, promise, file, path, digest](const HttpOutcome& outcome) mutable {
                  if (outcome.status != 404)
                    return false;
                  auto message = http(HttpRequest::Method::post, path, {}, {});
                  message.body_file = file;
                  exchange_blob(promise, std::move(message),
                                TimeBudget::transfer(now(), config_.timeout), digest,
                                [](const HttpOutcome&) { return false; });
                  return true;
                });
}

void OllamaClientActor::exchange_blob(Promise<std::string> promise, HttpRequest message,
                                      TimeBudget budget, const std::string& digest,
                                      std::function<bool(const HttpOutcome&)> go_on) {
  const auto id = ++last_id_;
  auto exchange = exchange_of(promise, {}, budget, digest);
  exchange.on_event = [this, id, promise, digest, go_on](TransferEvent& event) mutable {
    if (!event.outcome)
      return;
    exchanges_.at(id).settled = true;
    const auto& outcome = *event.outcome;
    if (auto error = transfer_error(outcome, subject(digest), false))
      promise.deliver(to_caf_error(std::move(*error)));
    else if (is_success(outcome.status))
      promise.deliver(digest);
    else if (!go_on(outcome))
      promise.deliver(
          to_caf_error(status_error(outcome, event.body.value_or(""), subject(digest))));
  };
  add(id, std::move(exchange));
  transport_->start(id, std::move(message),
                    make_body_handler(id, config_.limits.max_response_bytes, inbox_));
}

} // namespace nexus::llm
