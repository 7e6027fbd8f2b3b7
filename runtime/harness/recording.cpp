// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/harness/recording.hpp"

#include "runtime/harness/wire.hpp"

namespace nexus::llm::testing {

namespace {

class RecordingHandler final : public TransferHandler {
public:
  RecordingHandler(std::shared_ptr<Recording> recording, std::size_t exchange,
                   std::unique_ptr<TransferHandler> inner)
      : recording_{std::move(recording)}, exchange_{exchange}, inner_{std::move(inner)} {}

  bool on_bytes(int status, std::string_view bytes) override {
    recording_->add(exchange_, status, bytes);
    return inner_->on_bytes(status, bytes);
  }
  void on_read_done() override { inner_->on_read_done(); }
  void on_finished(HttpOutcome outcome) override {
    recording_->finish(exchange_, outcome);
    inner_->on_finished(std::move(outcome));
  }

private:
  std::shared_ptr<Recording> recording_;
  std::size_t exchange_;
  std::unique_ptr<TransferHandler> inner_;
};

class RecordingTransport final : public Transport {
public:
  RecordingTransport(std::shared_ptr<Recording> recording, std::unique_ptr<Transport> inner)
      : recording_{std::move(recording)}, inner_{std::move(inner)} {}

  void start(TransferId id, HttpRequest request,
             std::unique_ptr<TransferHandler> handler) override {
    Recording::Exchange exchange;
    exchange.method = wire::method_text(request.method);
    exchange.target = wire::target_of(request.url);
    exchange.body = request.body;
    exchange.begun = Recording::Clock::now();
    const auto number = recording_->begin(std::move(exchange));
    inner_->start(id, std::move(request),
                  std::make_unique<RecordingHandler>(recording_, number, std::move(handler)));
  }
  void cancel(TransferId id) override { inner_->cancel(id); }

private:
  std::shared_ptr<Recording> recording_;
  std::unique_ptr<Transport> inner_;
};

} // namespace

TransportFactory Recording::over(std::shared_ptr<Recording> recording, TransportFactory inner) {
  return [recording, inner] { return std::make_unique<RecordingTransport>(recording, inner()); };
}

std::vector<Recording::Exchange> Recording::exchanges() const {
  std::lock_guard lock{mutex_};
  return exchanges_;
}

std::size_t Recording::begin(Exchange exchange) {
  std::lock_guard lock{mutex_};
  exchanges_.push_back(std::move(exchange));
  return exchanges_.size() - 1;
}

void Recording::add(std::size_t exchange, int status, std::string_view bytes) {
  const auto now = Clock::now();
  std::lock_guard lock{mutex_};
  auto& noted = exchanges_[exchange];
  noted.status = status;
  noted.pieces.push_back({now, std::string{bytes}});
}

void Recording::finish(std::size_t exchange, const HttpOutcome& outcome) {
  const auto now = Clock::now();
  std::lock_guard lock{mutex_};
  auto& noted = exchanges_[exchange];
  noted.over = true;
  noted.outcome = outcome;
  noted.ended = now;
}

} // namespace nexus::llm::testing
