// SPDX-License-Identifier: BSD-3-Clause
#include "actors/ollama_client/transfer_handlers.hpp"

#include <chrono>

#include "actors/ollama_client/error_parser.hpp"

namespace nexus::llm {

namespace {

/// How many bytes may follow a complete response before its connection is closed.
constexpr std::size_t max_surplus_bytes = 64 * 1024;
constexpr std::size_t max_pull_line_bytes = 1024 * 1024;
/// How often the sending of a file is reported.
constexpr std::chrono::milliseconds progress_interval{100};

class StreamHandler : public TransferHandler {
public:
  StreamHandler(TransferId id, AnswerCollector collector, std::shared_ptr<TransferInbox> inbox)
      : id_{id}, collector_{std::move(collector)}, inbox_{std::move(inbox)} {}

  bool on_bytes(int status, std::string_view bytes) override {
    if (collector_.complete() && (surplus_ += bytes.size()) > max_surplus_bytes)
      return false;
    return collector_.on_bytes(status, bytes);
  }

  void on_read_done() override {
    TransferEvent event;
    event.id = id_;
    event.chunks = collector_.take_chunks();
    const bool answers = collector_.complete() && !answered_;
    if (answers)
      event.answer = collector_.finish({.status = 200});
    if (answers || !event.chunks.empty())
      inbox_->push(std::move(event));
    answered_ = answered_ || answers;
  }

  void on_finished(HttpOutcome outcome) override {
    TransferEvent event;
    event.id = id_;
    if (!answered_) {
      // A last line without a line break counts only at the end.
      auto answer = collector_.finish(outcome);
      event.chunks = collector_.take_chunks();
      event.answer = std::move(answer);
    }
    event.outcome = std::move(outcome);
    inbox_->push(std::move(event));
  }

private:
  TransferId id_;
  AnswerCollector collector_;
  std::shared_ptr<TransferInbox> inbox_;
  std::size_t surplus_ = 0;
  bool answered_ = false;
};

class BodyHandler : public TransferHandler {
public:
  BodyHandler(TransferId id, std::size_t max_bytes, std::shared_ptr<TransferInbox> inbox)
      : id_{id}, max_bytes_{max_bytes}, inbox_{std::move(inbox)} {}

  bool on_bytes(int, std::string_view bytes) override {
    if (body_.size() + bytes.size() > max_bytes_)
      return false;
    body_.append(bytes);
    return true;
  }
  void on_read_done() override {}
  void on_file_sent() override {
    const auto now = std::chrono::steady_clock::now();
    if (now - told_at_ < progress_interval)
      return;
    told_at_ = now;
    TransferEvent event;
    event.id = id_;
    event.file_sent = true;
    inbox_->push(std::move(event));
  }
  void on_finished(HttpOutcome outcome) override {
    TransferEvent event;
    event.id = id_;
    event.body = std::move(body_);
    event.outcome = std::move(outcome);
    inbox_->push(std::move(event));
  }

private:
  TransferId id_;
  std::size_t max_bytes_;
  std::shared_ptr<TransferInbox> inbox_;
  std::string body_;
  std::chrono::steady_clock::time_point told_at_;
};

class PullHandler : public TransferHandler {
public:
  PullHandler(TransferId id, ExchangeSubject subject, ErrorCode failure_code,
              std::shared_ptr<TransferInbox> inbox)
      : id_{id}, subject_{std::move(subject)}, failure_code_{failure_code}, inbox_{
                                                                                std::move(inbox)} {}

  bool on_bytes(int status, std::string_view bytes) override {
    if (!is_success(status)) {
      error_body_.append(bytes.substr(0, max_pull_line_bytes - error_body_.size()));
      return error_body_.size() < max_pull_line_bytes;
    }
    const bool go_on = reader_.feed(bytes, [this](std::string_view line) { return on_line(line); });
    if (reader_.line_too_long())
      error_ = LLMError{.code = ErrorCode::response_too_large,
                        .subject = subject_.model,
                        .detail = "a line is longer than allowed"};
    return go_on;
  }

  void on_read_done() override {
    if (lines_.empty())
      return;
    TransferEvent event;
    event.id = id_;
    event.pull_lines = std::exchange(lines_, {});
    inbox_->push(std::move(event));
  }

  void on_finished(HttpOutcome outcome) override {
    if (is_success(outcome.status) && outcome.failure == HttpOutcome::Failure::none && !error_)
      static_cast<void>(reader_.finish([this](std::string_view line) { return on_line(line); }));
    TransferEvent event;
    event.id = id_;
    event.pull_lines = std::move(lines_);
    event.pulled = result(outcome);
    event.outcome = std::move(outcome);
    inbox_->push(std::move(event));
  }

private:
  bool on_line(std::string_view text) {
    auto line = response_parser::parse_pull_line(text, subject_.model, failure_code_);
    if (!line) {
      error_ = std::move(line.error());
      return false;
    }
    succeeded_ = line->status == "success";
    lines_.push_back(std::move(*line));
    return true;
  }

  Result<Ack> result(const HttpOutcome& outcome) {
    if (error_)
      return failure(std::move(*error_));
    if (succeeded_)
      return Ack{};
    if (auto error = transfer_error(outcome, subject_, true))
      return failure(std::move(*error));
    if (is_success(outcome.status))
      return failure(ErrorCode::stream_incomplete, subject_.model,
                     "the transfer ended without `success`");
    auto error = status_error(outcome, error_body_, subject_);
    if (error.code == ErrorCode::server_error && !error.reason.empty()) {
      error.code = failure_code_;
      error_parser::take_transfer_reason(error, error.reason);
    }
    return failure(std::move(error));
  }

  TransferId id_;
  ExchangeSubject subject_;
  ErrorCode failure_code_;
  std::shared_ptr<TransferInbox> inbox_;
  NdjsonReader reader_{max_pull_line_bytes};
  std::vector<response_parser::PullLine> lines_;
  std::optional<LLMError> error_;
  std::string error_body_;
  bool succeeded_ = false;
};

} // namespace

std::unique_ptr<TransferHandler> make_stream_handler(TransferId id, AnswerCollector collector,
                                                     std::shared_ptr<TransferInbox> inbox) {
  return std::make_unique<StreamHandler>(id, std::move(collector), std::move(inbox));
}

std::unique_ptr<TransferHandler> make_body_handler(TransferId id, std::size_t max_bytes,
                                                   std::shared_ptr<TransferInbox> inbox) {
  return std::make_unique<BodyHandler>(id, max_bytes, std::move(inbox));
}

std::unique_ptr<TransferHandler> make_pull_handler(TransferId id, ExchangeSubject subject,
                                                   ErrorCode failure_code,
                                                   std::shared_ptr<TransferInbox> inbox) {
  return std::make_unique<PullHandler>(id, std::move(subject), failure_code, std::move(inbox));
}

} // namespace nexus::llm
