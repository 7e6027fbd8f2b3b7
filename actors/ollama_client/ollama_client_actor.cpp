// SPDX-License-Identifier: BSD-3-Clause
#include "actors/ollama_client/ollama_client_actor.hpp"

#include <algorithm>

#include "actors/back_off.hpp"
#include "actors/model_manager/remote_model.hpp"
#include "actors/ollama_client/request_builder.hpp"
#include "actors/ollama_client/request_validation.hpp"
#include "actors/ollama_client/response_parser.hpp"
#include "actors/ollama_client/transfer_handlers.hpp"
#include "config/model_name.hpp"
#include "nexus_llm/portability_actors.hpp"

namespace nexus::llm {

namespace {

using Method = HttpRequest::Method;

/// Lists and look-ups are answered at once or not at all.
constexpr std::chrono::milliseconds max_management_timeout{30'000};
/// How long a connection may take to end after its response was complete.
constexpr std::chrono::milliseconds drain_timeout{5000};
/// A tick that is later than this shows that the process, or its machine, was stopped.
constexpr std::chrono::milliseconds usual_lateness{1000};

template <class T> void deliver(caf::typed_response_promise<T>& promise, Result<T> result) {
  if (result)
    promise.deliver(std::move(*result));
  else
    promise.deliver(to_caf_error(std::move(result.error())));
}

} // namespace

OllamaClientActor::OllamaClientActor(ollama_client_internal::pointer self, LLMClientConfig config,
                                     TransportFactory make_transport, client_owner owner)
    : self_{self}, config_{std::move(config)}, owner_{std::move(owner)}, breaker_{config_.circuit,
                                                                                  retry_budget(
                                                                                      config_)} {
  // The thread must not keep the actor alive, or the actor would outlive all its users.
  auto weak = caf::actor_cast<caf::weak_actor_ptr>(self);
  inbox_ = std::make_shared<TransferInbox>([weak] {
    if (auto strong = caf::actor_cast<ollama_client_internal>(weak))
      anon_tell(strong, transfer_atom_v);
  });
  transport_ = make_transport();
}

OllamaClientActor::~OllamaClientActor() {
  transport_.reset();
  // A failing probe must not cause another one.
  breaker_ = CircuitBreaker{CircuitSettings{.max_failures = 0}};
  const LLMError died{.code = ErrorCode::component_failed, .subject = name};
  for (auto& promise : std::exchange(waiting_for_running_, {}))
    promise.deliver(to_caf_error(died));
  for (auto& [id, exchange] : exchanges_)
    if (!exchange.settled)
      exchange.fail(died);
}

ollama_client_internal::behavior_type OllamaClientActor::make_behavior() {
  return {
      [this](transfer_atom) { on_transfer_events(); },
      [this](tick_atom, std::uint64_t epoch) { on_tick(epoch); },
      [this](generate_atom, LLMRequest& request) {
        return run(std::move(request), RequestKind::generate, chunk_sink{});
      },
      [this](generate_streaming_atom, LLMRequest& request, chunk_sink& sink) {
        return run(std::move(request), RequestKind::generate, std::move(sink));
      },
      [this](chat_atom, LLMRequest& request) {
        return run(std::move(request), RequestKind::chat, chunk_sink{});
      },
      [this](chat_streaming_atom, LLMRequest& request, chunk_sink& sink) {
        return run(std::move(request), RequestKind::chat, std::move(sink));
      },
      [this](embed_atom, EmbedRequest& request) { return embed(std::move(request)); },
      [this](list_models_atom) {
        return call<ModelList>(Method::get, "/api/tags", {}, {}, {}, management_budget(),
                               [this](const std::string& body) {
                                 return response_parser::parse_tags(body,
                                                                    config_.limits.max_json_depth);
                               });
      },
      [this](check_model_atom, const std::string& model) {
        return call<bool>(Method::get, "/api/tags", {}, {}, {}, management_budget(),
                          [this, model](const std::string& body) {
                            return response_parser::parse_tags(body, config_.limits.max_json_depth)
                                .map([&model](const ModelList& list) {
                                  return std::any_of(list.models.begin(), list.models.end(),
                                                     [&model](const auto& status) {
                                                       return same_model(status.name, model);
                                                     });
                                });
                          });
      },
      [this](show_model_atom, const std::string& model) {
        return call<ModelDetails>(
            Method::post, "/api/show", request_builder::model_body(model), model, {},
            management_budget(), [this, model](const std::string& body) {
              return response_parser::parse_show(body, model, config_.limits.max_json_depth);
            });
      },
      [this](running_models_atom) { return running_models(); },
      [this](load_model_atom, const LoadRequest& request) {
        return acknowledge(
            Method::post, "/api/generate", request_builder::body(request), request.model,
            TimeBudget::call(now(), config_.timeout, ErrorCode::first_token_timeout), request.id);
      },
      [this](unload_model_atom, const std::string& model) {
        // Ollama replies at once, even if the model hangs.
        return acknowledge(
            Method::post, "/api/generate",
            request_builder::body(LoadRequest{.model = model, .keep_alive = KeepAlive::none()}),
            model, management_budget());
      },
      [this](pull_model_atom, const ModelTransfer& request, pull_subscriber& subscriber) {
        return transfer_model(request.id, "/api/pull", request_builder::body(request),
                              request.model, ErrorCode::registry_failed, std::move(subscriber));
      },
      [this](push_model_atom, const ModelTransfer& request, pull_subscriber& subscriber) {
        return transfer_model(request.id, "/api/push", request_builder::body(request),
                              request.model, ErrorCode::registry_failed, std::move(subscriber));
      },
      [this](create_model_atom, const CreateRequest& request, pull_subscriber& subscriber) {
        return create(request, std::move(subscriber));
      },
      [this](upload_blob_atom, const std::string& file) { return upload_blob(file); },
      [this](delete_model_atom, const std::string& model) {
        return acknowledge(Method::delete_, "/api/delete", request_builder::model_body(model),
                           model, server_budget(config_.timeout));
      },
      [this](copy_model_atom, const std::string& source, const std::string& destination) {
        if (auto valid = validate_model_name(destination); !valid) {
          auto promise = self_->make_response_promise<Ack>();
          promise.deliver(to_caf_error(std::move(valid.error())));
          return promise;
        }
        return acknowledge(Method::post, "/api/copy",
                           request_builder::copy_body(source, destination), source,
                           server_budget(config_.timeout));
      },
      [this](version_atom) { return version(); },
      [this](circuit_atom) { return breaker_.health(now()); },
      [this](cancel_atom, const RequestId& id) { return cancel(id); },
      [this](update_config_atom, LLMClientConfig& config) {
        if (config.base_url != config_.base_url)
          on_reached();
        config_ = std::move(config);
        breaker_.set_settings(config_.circuit, retry_budget(config_));
        return Ack{};
      },
  };
}

OllamaClientActor::Promise<EmbedResponse> OllamaClientActor::embed(EmbedRequest request) {
  auto promise = self_->make_response_promise<EmbedResponse>();
  if (auto valid = validate(request, config_.limits); !valid) {
    promise.deliver(to_caf_error(std::move(valid.error())));
    return promise;
  }
  const auto timeout = std::min(request.timeout.value_or(config_.timeout), config_.timeout);
  auto failed = begin(request.model, [&] {
    query<EmbedResponse>(
        Method::post, "/api/embed", request_builder::body(request), request.model, request.id,
        TimeBudget::call(now(), timeout, ErrorCode::first_token_timeout),
        [this, request](const std::string& text) {
          auto response =
              response_parser::parse_embed(text, request, config_.limits.max_json_depth);
          if (response)
            response->truncated = PromptAudit::was_cut(request, *response);
          return response;
        },
        [promise](Result<EmbedResponse> result) mutable { deliver(promise, result); });
  });
  if (failed)
    promise.deliver(to_caf_error(std::move(*failed)));
  return promise;
}

bool OllamaClientActor::cancel(const RequestId& id) {
  // Calls without an id cannot be cancelled.
  if (id.value.empty())
    return false;
  bool any = false;
  for (auto entry = exchanges_.begin(); entry != exchanges_.end();) {
    if (entry->second.request != id || entry->second.settled) {
      ++entry;
      continue;
    }
    transport_->cancel(entry->first);
    entry->second.fail({.code = ErrorCode::cancelled,
                        .partial = std::move(entry->second.partial),
                        .model = entry->second.model});
    entry = exchanges_.erase(entry);
    any = true;
  }
  return any;
}

template <class T, class Parse, class Done>
void OllamaClientActor::query(HttpRequest::Method method, std::string_view path, std::string body,
                              std::string model, RequestId request, TimeBudget budget, Parse parse,
                              Done done) {
  if (method != Method::get)
    if (auto valid = validate_model_name(model); !valid)
      return done(Result<T>{failure(std::move(valid.error()))});
  // This call is always sent: it shows whether Ollama is back.
  if (path != version_path)
    if (auto error = not_sent())
      return done(Result<T>{failure(std::move(*error))});
  const auto id = ++last_id_;
  auto message = http(method, path, std::move(body), {});
  Exchange exchange{.base_url = config_.base_url,
                    .request = std::move(request),
                    .budget = budget,
                    .model = std::move(model),
                    .sent = now()};
  exchange.fail = [done](LLMError error) mutable { done(Result<T>{failure(std::move(error))}); };
  exchange.on_event = [this, id, parse, done](TransferEvent& event) mutable {
    if (!event.outcome)
      return;
    auto& ended = exchanges_.at(id);
    ended.settled = true;
    done(whole_body(event, ended.model).and_then(parse));
  };
  add(id, std::move(exchange));
  transport_->start(id, std::move(message),
                    make_body_handler(id, config_.limits.max_response_bytes, inbox_));
}

template <class T, class Parse>
OllamaClientActor::Promise<T>
OllamaClientActor::call(HttpRequest::Method method, std::string_view path, std::string body,
                        std::string model, RequestId request, TimeBudget budget, Parse parse) {
  auto promise = self_->make_response_promise<T>();
  query<T>(method, path, std::move(body), std::move(model), std::move(request), budget,
           std::move(parse), [promise](Result<T> result) mutable { deliver(promise, result); });
  return promise;
}

OllamaClientActor::Promise<RunningModels> OllamaClientActor::running_models() {
  auto promise = self_->make_response_promise<RunningModels>();
  waiting_for_running_.push_back(promise);
  if (!querying_running_)
    query_running_models();
  return promise;
}

// Many streams that wait for their models ask this again and again. Who asks while a query is open
// gets the result of the next one, which is not older than the question.
void OllamaClientActor::query_running_models() {
  if (waiting_for_running_.empty())
    return;
  querying_running_ = true;
  query<RunningModels>(
      Method::get, "/api/ps", {}, {}, {}, management_budget(),
      [this](const std::string& body) {
        return response_parser::parse_ps(body, config_.limits.max_json_depth);
      },
      [this, waiting = std::exchange(waiting_for_running_, {})](
          const Result<RunningModels>& result) mutable {
        querying_running_ = false;
        for (auto& promise : waiting)
          deliver(promise, result);
        query_running_models();
      });
}

OllamaClientActor::Promise<std::string> OllamaClientActor::version() {
  return call<std::string>(
      Method::get, version_path, {}, {}, {},
      server_budget(std::min(management_timeout(), config_.connect_timeout)),
      [](const std::string& body) { return response_parser::parse_version(body); });
}

OllamaClientActor::Promise<Ack>
OllamaClientActor::acknowledge(HttpRequest::Method method, std::string_view path, std::string body,
                               const std::string& model, TimeBudget budget, RequestId id) {
  return call<Ack>(
      method, path, std::move(body), model, std::move(id), budget,
      [model](const std::string& text) {
        return response_parser::parse_acknowledgement(text, model).map([] { return Ack{}; });
      });
}

HttpRequest OllamaClientActor::http(HttpRequest::Method method, std::string_view path,
                                    std::string body, std::optional<Millis> connect_timeout) const {
  return {.method = method,
          .url = config_.base_url + std::string{path},
          .body = std::move(body),
          .connect_timeout =
              std::min(connect_timeout.value_or(config_.connect_timeout), config_.connect_timeout)};
}

ExchangeSubject OllamaClientActor::subject(const std::string& model) const {
  return {.model = model, .base_url = config_.base_url};
}

Result<std::string> OllamaClientActor::whole_body(TransferEvent& event,
                                                  const std::string& model) const {
  const auto& outcome = *event.outcome;
  if (auto error = transfer_error(outcome, subject(model), false))
    return failure(std::move(*error));
  if (outcome.failure == HttpOutcome::Failure::stopped)
    return failure(ErrorCode::response_too_large, model.empty() ? config_.base_url : model);
  if (!is_success(outcome.status))
    return failure(status_error(outcome, event.body.value_or(""), subject(model)));
  return std::move(event.body).value_or("");
}

OllamaClientActor::Millis OllamaClientActor::management_timeout() const {
  return std::min(config_.timeout, max_management_timeout);
}

TimeBudget OllamaClientActor::server_budget(Millis timeout) const {
  return TimeBudget::call(now(), timeout, ErrorCode::server_timeout);
}

TimeBudget OllamaClientActor::management_budget() const {
  return server_budget(management_timeout());
}

void OllamaClientActor::add(TransferId id, Exchange exchange) {
  watch_deadline(exchange.budget.deadline());
  exchanges_.emplace(id, std::move(exchange));
}

void OllamaClientActor::on_transfer_events() {
  events_ = inbox_->take(std::move(events_));
  for (auto& event : events_) {
    const auto entry = exchanges_.find(event.id);
    if (entry == exchanges_.end())
      continue;
    observe(entry->second, event);
    on_event(entry->second, event);
    if (event.outcome)
      exchanges_.erase(event.id);
  }
  events_.clear();
}

void OllamaClientActor::on_event(Exchange& exchange, TransferEvent& event) {
  if (exchange.settled)
    return;
  if (!event.chunks.empty() || !event.pull_lines.empty() || event.file_sent) {
    if (!exchange.first_chunk_time)
      exchange.first_chunk_time =
          std::chrono::duration_cast<std::chrono::microseconds>(now() - exchange.sent);
    exchange.budget.on_chunk(now());
    watch_deadline(exchange.budget.deadline());
    if (!event.chunks.empty())
      last_chunk_at_[exchange.model] = now();
  }
  for (const auto& chunk : event.chunks)
    exchange.partial += chunk.response;
  if (exchange.sink && !event.chunks.empty())
    tell(self_, exchange.sink,
         StreamBatch{.id = exchange.request,
                     .attempt = exchange.attempt,
                     .chunks = std::move(event.chunks)});
  exchange.on_event(event);
  if (exchange.settled && !event.outcome) {
    exchange.budget = TimeBudget::complete(now(), drain_timeout);
    watch_deadline(exchange.budget.deadline());
  }
}

void OllamaClientActor::on_tick(std::uint64_t epoch) {
  if (epoch != tick_epoch_ || !next_tick_)
    return;
  // That time does not count, and what has come meanwhile is still to be read.
  if (const auto late = now() - *next_tick_; late > usual_lateness)
    for (auto& [id, exchange] : exchanges_)
      exchange.budget.postpone(late + usual_lateness);
  next_tick_.reset();
  std::erase_if(last_chunk_at_,
                [this](const auto& each) { return now() - each.second > config_.timeout; });
  std::optional<TimeBudget::Clock::time_point> nearest;
  std::vector<std::pair<Exchange, ErrorCode>> failed;
  for (auto entry = exchanges_.begin(); entry != exchanges_.end();) {
    auto& exchange = entry->second;
    if (const auto code = exchange.budget.expired(now())) {
      transport_->cancel(entry->first);
      if (!exchange.settled)
        failed.emplace_back(std::move(exchange), *code);
      entry = exchanges_.erase(entry);
      continue;
    }
    const auto deadline = exchange.budget.deadline();
    nearest = nearest ? std::min(*nearest, deadline) : deadline;
    ++entry;
  }
  // An exchange that fails may begin another one.
  for (auto& [exchange, code] : failed)
    exchange.fail(time_error(exchange, code));
  probe();
  if (const auto next = breaker_.next_probe())
    nearest = nearest ? std::min(*nearest, *next) : *next;
  if (nearest)
    watch_deadline(*nearest);
}

LLMError OllamaClientActor::time_error(Exchange& exchange, ErrorCode code) const {
  // A model that serves other requests meanwhile does not hang.
  const auto other = last_chunk_at_.find(exchange.model);
  if (code == ErrorCode::first_token_timeout && other != last_chunk_at_.end() &&
      other->second > exchange.sent)
    code = ErrorCode::slot_timeout;
  const bool about_server = exchange.model.empty() || code == ErrorCode::server_timeout;
  return {.code = code,
          .subject = about_server ? exchange.base_url : exchange.model,
          .partial = std::move(exchange.partial),
          .model = exchange.model};
}

void OllamaClientActor::watch_deadline(TimeBudget::Clock::time_point deadline) {
  if (next_tick_ && *next_tick_ <= deadline)
    return;
  next_tick_ = deadline;
  const auto delay = std::max(deadline - now(), TimeBudget::Clock::duration{0});
  tell_after(self_, std::chrono::ceil<std::chrono::milliseconds>(delay),
             ollama_client_internal{self_}, tick_atom_v, ++tick_epoch_);
}

TimeBudget::Clock::time_point OllamaClientActor::now() const { return self_->clock().now(); }

ollama_client_actor spawn_ollama_client(caf::actor_system& system, LLMClientConfig config,
                                        TransportFactory make_transport, client_owner owner) {
  return spawn_state<OllamaClientActor>(system, std::move(config), std::move(make_transport),
                                        std::move(owner));
}

} // namespace nexus::llm
