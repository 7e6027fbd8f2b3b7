// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <map>

#include "config/json.hpp"
#include "config/model_name.hpp"
#include "runtime/harness/ollama_stage.hpp"
#include "runtime/harness/wire.hpp"

namespace nexus::llm::testing {

namespace {

using json::Document;
using json::Value;

/// Shared state of all transports of a stage.
struct Desk {
  struct Exchange {
    StagedExchange what;
    std::shared_ptr<TransferHandler> handler; ///< null once the exchange has ended
    const void* transport = nullptr;
    TransferId transfer = 0;
    int status = 200;
    std::optional<std::chrono::seconds> retry_after;
    bool began = false;
    bool left = false;
  };

  bool listening = true;
  bool obliging = true;
  std::vector<simulator::SimulatedModel> models;
  std::map<std::uint64_t, Exchange> exchanges;
  std::vector<StagedExchange> fresh;
  std::uint64_t last_id = 0;

  /// Ends an exchange towards the client.
  static void finish(Exchange& exchange, HttpOutcome outcome) {
    if (const auto handler = std::exchange(exchange.handler, nullptr)) {
      outcome.answer_began = exchange.began;
      handler->on_finished(std::move(outcome));
    }
  }

  static void send(Exchange& exchange, std::string_view bytes) {
    if (!exchange.handler)
      return;
    exchange.began = exchange.began || !bytes.empty();
    const auto handler = exchange.handler;
    const bool go_on = handler->on_bytes(exchange.status, bytes);
    handler->on_read_done();
    if (!go_on) {
      exchange.left = true;
      finish(exchange, {.failure = HttpOutcome::Failure::stopped, .status = exchange.status});
    }
  }

  const simulator::SimulatedModel* model(std::string_view name) const {
    const auto found = std::ranges::find_if(
        models, [name](const auto& each) { return same_model(each.name, name); });
    return found == models.end() ? nullptr : &*found;
  }
};

class VirtualTransport final : public Transport {
public:
  explicit VirtualTransport(std::shared_ptr<Desk> desk) : desk_{std::move(desk)} {}

  ~VirtualTransport() override {
    for (auto& [id, exchange] : desk_->exchanges)
      if (exchange.transport == this)
        leave(exchange);
  }

  void start(TransferId transfer, HttpRequest request,
             std::unique_ptr<TransferHandler> handler) override {
    if (!desk_->listening) {
      handler->on_finished(
          {.failure = HttpOutcome::Failure::refused, .detail = "nobody listens on the stage"});
      return;
    }
    const auto id = ++desk_->last_id;
    auto& exchange = desk_->exchanges[id];
    exchange.what = {.id = id,
                     .method = std::string{wire::method_text(request.method)},
                     .target = wire::target_of(request.url),
                     .body = std::move(request.body)};
    exchange.handler = std::move(handler);
    exchange.transport = this;
    exchange.transfer = transfer;
    if (!answer_by_itself(exchange))
      desk_->fresh.push_back(exchange.what);
  }

  void cancel(TransferId transfer) override {
    for (auto& [id, exchange] : desk_->exchanges)
      if (exchange.transport == this && exchange.transfer == transfer)
        leave(exchange);
  }

private:
  static void leave(Desk::Exchange& exchange) {
    exchange.left = exchange.left || exchange.handler;
    exchange.handler = nullptr;
    exchange.transport = nullptr;
  }

  bool answer_by_itself(Desk::Exchange& exchange) {
    if (desk_->obliging)
      if (const auto body = wire::model_answer(exchange.what, desk_->models)) {
        exchange.status = body->status;
        Desk::send(exchange, body->text);
        Desk::finish(exchange, {.status = body->status});
        return true;
      }
    const auto request = json::parse(exchange.what.body);
    const auto name =
        request && request->IsObject() ? json::find_text(*request, "model") : std::nullopt;
    const auto* model = name ? desk_->model(*name) : nullptr;
    if (model == nullptr || model->reply.empty() || !wire::is_inference(exchange.what.target))
      return false;
    for (const auto& line : wire::reply_lines(exchange.what, model->reply))
      Desk::send(exchange, line);
    Desk::finish(exchange, {.status = 200});
    return true;
  }

  std::shared_ptr<Desk> desk_;
};

class VirtualOllama final : public OllamaStage {
public:
  std::string base_url() const override { return "http://localhost:11434"; }

  TransportFactory transport() override {
    return [desk = desk_] { return std::make_unique<VirtualTransport>(desk); };
  }

  std::vector<StagedExchange> take_new() override { return std::exchange(desk_->fresh, {}); }

  void begin(std::uint64_t id, int status, int retry_after_seconds) override {
    auto& exchange = desk_->exchanges.at(id);
    exchange.status = status;
    if (retry_after_seconds >= 0)
      exchange.retry_after = std::chrono::seconds{retry_after_seconds};
  }

  void send(std::uint64_t id, std::string_view bytes) override {
    Desk::send(desk_->exchanges.at(id), bytes);
  }

  void end(std::uint64_t id, AnswerEnd how) override {
    auto& exchange = desk_->exchanges.at(id);
    if (how == AnswerEnd::complete)
      Desk::finish(exchange, {.status = exchange.status, .retry_after = exchange.retry_after});
    else
      Desk::finish(exchange, {.failure = HttpOutcome::Failure::cut,
                              .status = exchange.began ? exchange.status : 0,
                              .detail = how == AnswerEnd::reset ? "reset" : "closed"});
  }

  bool abandoned(std::uint64_t id) override { return desk_->exchanges.at(id).left; }

  void stop() override {
    desk_->listening = false;
    for (auto& [id, exchange] : desk_->exchanges)
      Desk::finish(exchange, {.failure = HttpOutcome::Failure::cut,
                              .status = exchange.began ? exchange.status : 0,
                              .detail = "the stage went down"});
  }
  void start() override { desk_->listening = true; }

  void add_model(const simulator::SimulatedModel& model) override {
    remove_model(model.name);
    desk_->models.push_back(model);
  }
  void remove_model(const std::string& name) override {
    std::erase_if(desk_->models, [&name](const auto& each) { return same_model(each.name, name); });
  }
  void set_obliging(bool obliging) override { desk_->obliging = obliging; }
  std::string unrest() override { return {}; }

private:
  std::shared_ptr<Desk> desk_ = std::make_shared<Desk>();
};

} // namespace

std::unique_ptr<OllamaStage> make_virtual_ollama() { return std::make_unique<VirtualOllama>(); }

} // namespace nexus::llm::testing
