// SPDX-License-Identifier: BSD-3-Clause
#include "actors/ollama_client/answer_collector.hpp"

#include <algorithm>
#include <utility>

#include "actors/ollama_client/error_parser.hpp"
#include "actors/ollama_client/response_parser.hpp"
#include "config/utf8.hpp"

namespace nexus::llm {

namespace {
constexpr std::size_t max_error_body_bytes = 64 * 1024;

/// Lines that come together become chunks of their own up to this number.
constexpr std::size_t separate_chunks = 8;

/// The content of a line: the whole line, or the data of an event if a proxy frames the lines as
/// server-sent events. Empty if there is none.
std::string_view data_of_line(std::string_view line) {
  constexpr std::string_view data = "data:";
  for (const std::string_view other : {":", "event:", "id:", "retry:"})
    if (line.starts_with(other))
      return {};
  if (!line.starts_with(data))
    return line;
  line.remove_prefix(std::min(line.find_first_not_of(' ', data.size()), line.size()));
  return line == "[DONE]" ? std::string_view{} : line;
}

} // namespace

std::optional<LLMError> transfer_error(const HttpOutcome& outcome, const ExchangeSubject& subject,
                                       bool streaming) {
  using Failure = HttpOutcome::Failure;
  LLMError error;
  error.subject = subject.base_url;
  error.detail = outcome.detail;
  error.http_status = static_cast<std::uint16_t>(outcome.status);
  switch (outcome.failure) {
  case Failure::none:
  case Failure::stopped:
    return std::nullopt;
  case Failure::refused:
    error.code = ErrorCode::connection_refused;
    break;
  case Failure::host_not_found:
    error.code = ErrorCode::host_not_found;
    break;
  case Failure::not_local:
    error.code = ErrorCode::address_not_local;
    break;
  case Failure::connect_timeout:
    error.code = ErrorCode::connect_timeout;
    break;
  case Failure::cut:
    error.code = streaming && outcome.answer_began ? ErrorCode::stream_interrupted
                                                   : ErrorCode::connection_lost;
    if (error.code == ErrorCode::stream_interrupted)
      error.subject = subject.model;
    break;
  case Failure::protocol:
    error.code = ErrorCode::bad_response;
    break;
  case Failure::tls_not_trusted:
    error.code = ErrorCode::tls_not_trusted;
    error.reason = error_parser::one_line(outcome.reason);
    break;
  case Failure::tls_not_spoken:
    error.code = ErrorCode::tls_not_spoken;
    break;
  case Failure::tls_required:
    error.code = ErrorCode::tls_required;
    break;
  case Failure::tls_failed:
    error.code = ErrorCode::tls_failed;
    error.reason = error_parser::one_line(outcome.reason);
    break;
  case Failure::file_unreadable:
    error.code = ErrorCode::invalid_argument;
    error.subject = outcome.detail;
    break;
  case Failure::no_descriptors:
    error.code = ErrorCode::resources_exhausted;
    error.subject = "it has no file descriptor left (`ulimit -n`)";
    break;
  case Failure::no_memory:
    error.code = ErrorCode::resources_exhausted;
    error.subject = "it has no memory left (`ulimit -v`, or the limit of its container)";
    break;
  }
  return error;
}

LLMError status_error(const HttpOutcome& outcome, std::string_view body,
                      const ExchangeSubject& subject) {
  auto error = error_parser::parse_error(
      {.status = outcome.status, .body = body, .location = outcome.location}, subject.model,
      subject.base_url);
  error.retry_after = outcome.retry_after;
  return error;
}

AnswerCollector::AnswerCollector(const LLMRequest& request, const Limits& limits,
                                 ExchangeSubject subject)
    : kind_{request.kind}, limits_{limits}, subject_{std::move(subject)},
      reader_{static_cast<std::size_t>(limits.max_line_bytes)} {
  response_.id = request.id;
  response_.model = request.model;
}

bool AnswerCollector::on_bytes(int status, std::string_view bytes) {
  if (complete_)
    return true;
  if (error_)
    return false;
  if (!is_success(status)) {
    error_body_.append(bytes.substr(0, max_error_body_bytes - error_body_.size()));
    return error_body_.size() < max_error_body_bytes;
  }
  const bool go_on = reader_.feed(bytes, [this](std::string_view line) { return on_line(line); });
  if (reader_.line_too_long())
    return fail(
        {.code = ErrorCode::response_too_large,
         .subject = subject_.model,
         .detail = "a line is longer than " + std::to_string(limits_.max_line_bytes) + " bytes"});
  return go_on || complete_;
}

std::vector<LLMStreamChunk> AnswerCollector::take_chunks() { return std::exchange(chunks_, {}); }

bool AnswerCollector::on_line(std::string_view text) {
  if (text_joiner_.idle())
    if (const auto plain = find_plain_line(text, kind_))
      return on_plain_line(*plain);
  const auto line = data_of_line(text);
  if (line.empty())
    return true;
  auto piece = response_parser::parse_chunk(line, kind_, limits_.max_json_depth);
  if (!piece) {
    auto error = std::move(piece.error());
    error.subject = subject_.model;
    error.http_status = 200;
    if (error.code == ErrorCode::stream_failed) {
      auto told = error;
      error_parser::take_reason(told, error.detail);
      error.reason = told.reason;
      // Before Ollama 0.12.6, a request that failed at once returned 200 with this single line.
      if (!any_line_)
        error.code = told.code == ErrorCode::stream_failed ? ErrorCode::server_error : told.code;
    }
    // A body that does not begin with an object is not a response of Ollama.
    const bool object = without_byte_order_mark(line).starts_with('{');
    if (error.code == ErrorCode::stream_malformed && !any_line_ && !object) {
      error.code = ErrorCode::bad_response;
      error.subject = subject_.base_url;
    }
    return fail(std::move(error));
  }
  any_line_ = true;
  if (!piece->model.empty())
    response_.model = piece->model;
  LLMStreamChunk chunk;
  chunk.id = response_.id;
  chunk.model = response_.model;
  chunk.response = text_joiner_.take(piece->text, piece->marked);
  chunk.thinking = thinking_joiner_.take(piece->thinking, piece->marked);
  chunk.tool_calls = std::move(piece->tool_calls);
  chunk.logprobs = std::move(piece->logprobs);
  chunk.done = piece->done;
  if (piece->done) {
    chunk.response += text_joiner_.finish();
    chunk.thinking += thinking_joiner_.finish();
  }
  if (!fits(chunk))
    return fail_too_large();
  response_.response += chunk.response;
  response_.thinking += chunk.thinking;
  response_.tool_calls.insert(response_.tool_calls.end(), chunk.tool_calls.begin(),
                              chunk.tool_calls.end());
  response_.logprobs.insert(response_.logprobs.end(), chunk.logprobs.begin(), chunk.logprobs.end());
  if (!piece->remote_host.empty()) {
    response_.remote_host = std::move(piece->remote_host);
    response_.remote_model = std::move(piece->remote_model);
  }
  if (piece->done) {
    response_.done = complete_ = true;
    response_.done_reason = std::move(piece->done_reason);
    response_.context = std::move(piece->context);
    response_.stats = piece->stats;
  }
  add(std::move(chunk));
  return !complete_;
}

bool AnswerCollector::on_plain_line(const PlainLine& line) {
  any_line_ = true;
  if (!line.model.empty() && line.model != response_.model)
    response_.model = line.model;
  const auto before = response_.response.size();
  append_unescaped(response_.response, line.text);
  const auto text = std::string_view{response_.response}.substr(before);
  bytes_ += text.size();
  if (bytes_ > limits_.max_response_bytes) {
    response_.response.resize(before);
    return fail_too_large();
  }
  if (chunks_.size() < separate_chunks || chunks_.back().model != response_.model) {
    auto& chunk = chunks_.emplace_back();
    chunk.id = response_.id;
    chunk.model = response_.model;
  }
  chunks_.back().response += text;
  return true;
}

void AnswerCollector::add(LLMStreamChunk chunk) {
  if (chunks_.size() >= separate_chunks && !chunk.done && chunks_.back().model == chunk.model)
    chunks_.back().append(chunk);
  else
    chunks_.push_back(std::move(chunk));
}

bool AnswerCollector::fits(const LLMStreamChunk& chunk) {
  bytes_ += chunk.response.size() + chunk.thinking.size();
  for (const auto& call : chunk.tool_calls)
    bytes_ += sizeof call + call.id.size() + call.name.size() + call.arguments.size();
  for (const auto& token : chunk.logprobs) {
    bytes_ += sizeof token + token.token.size() + token.bytes.size();
    for (const auto& other : token.top_logprobs)
      bytes_ += sizeof other + other.token.size() + other.bytes.size();
  }
  return bytes_ <= limits_.max_response_bytes;
}

bool AnswerCollector::fail_too_large() {
  return fail({.code = ErrorCode::response_too_large,
               .subject = subject_.model,
               .detail = "more than " + std::to_string(limits_.max_response_bytes) + " bytes"});
}

bool AnswerCollector::fail(LLMError error) {
  error_ = std::move(error);
  return false;
}

Result<LLMResponse> AnswerCollector::finish(const HttpOutcome& outcome) {
  if (!complete_ && !error_ && is_success(outcome.status) &&
      outcome.failure == HttpOutcome::Failure::none)
    static_cast<void>(reader_.finish([this](std::string_view line) { return on_line(line); }));
  // Without memory, something of a complete response may have been lost.
  if (complete_ && outcome.failure != HttpOutcome::Failure::no_memory)
    return std::move(response_);
  if (!error_)
    error_ = transfer_error(outcome, subject_, true);
  if (!error_ && !is_success(outcome.status))
    error_ = status_error(outcome, error_body_, subject_);
  if (!error_)
    error_ = LLMError{.code = ErrorCode::stream_incomplete,
                      .subject = subject_.model,
                      .detail = "the stream ended without `done`",
                      .http_status = 200};
  error_->model = subject_.model;
  error_->partial = std::move(response_.response);
  return failure(std::move(*error_));
}

} // namespace nexus::llm
