// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/exchange.hpp"

#include "runtime/simulator/connection.hpp"
#include "runtime/simulator/json_object.hpp"
#include "runtime/simulator/server.hpp"

#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>
#include <utility>

namespace nexus::llm::simulator {
namespace {

using Kind = Fault::Kind;

/// Faults that act on one line of a stream, or at its end.
constexpr Kind line_faults[] = {
    Kind::reset_after_lines, Kind::close_mid_chunk, Kind::close_after_lines, Kind::end_without_done,
    Kind::error_line,        Kind::garbage_line,    Kind::stall_after_lines, Kind::malformed_json,
    Kind::huge_line,         Kind::nested_json,     Kind::invalid_utf8,
};

bool acts_at_line(const Fault& fault) {
  return std::ranges::find(line_faults, fault.kind) != std::end(line_faults);
}

} // namespace

Exchange::Exchange(std::shared_ptr<Connection> connection, Server& server, HttpRequest request)
    : connection_(std::move(connection)), server_(server), request_(std::move(request)) {}

void Exchange::begin(std::uint64_t record, std::string model, std::optional<Fault> fault) {
  record_ = record;
  model_ = std::move(model);
  fault_ = std::move(fault);
  if (is(Kind::slow_drip))
    connection_->drip(fault_->delay.value_or(std::chrono::milliseconds(0)));
}

std::string Exchange::head(int status, std::string_view content_type,
                           std::optional<std::size_t> length) const {
  const auto known = boost::beast::http::int_to_status(static_cast<unsigned>(status));
  std::string text = "HTTP/1.1 " + std::to_string(status) + " " +
                     std::string{boost::beast::http::obsolete_reason(known)} + "\r\n";
  const auto add = [&text](std::string_view name, std::string_view value) {
    text.append(name).append(": ").append(value).append("\r\n");
  };
  if (!content_type.empty())
    add("Content-Type", content_type);
  if (is(Kind::respond))
    for (const auto& [name, value] : fault_->headers)
      add(name, value);
  if (is(Kind::header_flood)) {
    const auto each = fault_->bytes / std::max(1U, fault_->count_of_headers);
    for (unsigned i = 0; i < fault_->count_of_headers; ++i)
      add("X-Flood-" + std::to_string(i), std::string(each > 20 ? each - 20 : 1, 'f'));
  }
  if (length)
    add("Content-Length", std::to_string(*length));
  else if (request_.accepts_chunks)
    add("Transfer-Encoding", "chunked");
  if (!request_.keep_alive)
    add("Connection", "close");
  return text + "\r\n";
}

void Exchange::write(std::string bytes, unsigned lines) {
  connection_->push(WriteBytes{std::move(bytes), lines});
}

void Exchange::reply(int status, std::string_view content_type, std::string body) {
  if (output_closed_)
    return;
  const bool head_only = request_.method == "HEAD";
  if (fault_ && !head_only) {
    start_stream(status, content_type);
    if (!body.empty())
      put_line(std::move(body));
    end_stream();
    return;
  }
  write(head(status, content_type, body.size()) + (head_only ? "" : body));
  finish();
}

void Exchange::reply_json(int status, std::string body) {
  reply(status, "application/json; charset=utf-8", std::move(body));
}

void Exchange::reply_error(int status, std::string_view text) {
  reply_json(status, error_json(text));
}

void Exchange::start_stream(int status, std::string_view content_type) {
  if (!std::exchange(head_made_, true))
    pending_head_ = head(status, content_type, std::nullopt);
}

void Exchange::put_line(std::string line) {
  if (output_closed_)
    return;
  start_stream(200, "application/x-ndjson");
  if (fault_ && acts_at_line(*fault_) && lines_ >= fault_->lines && !std::exchange(fired_, true) &&
      !fire_at_line(line))
    return;
  ++lines_;
  const bool done = line.find(R"("done":true)") != std::string::npos;
  chunk(damaged(std::move(line)) + "\n", 1);
  if (done && is(Kind::data_after_done))
    chunk(text_line(" late") + "\n" + text_line(" late", true) + "\n", 2);
}

void Exchange::end_stream() {
  std::string no_line;
  if (output_closed_ ||
      (fault_ && acts_at_line(*fault_) && !std::exchange(fired_, true) && !fire_at_line(no_line)))
    return;
  finish_chunks();
  finish();
}

void Exchange::pause(std::chrono::milliseconds duration) {
  if (!output_closed_ && duration.count() > 0)
    connection_->push(Pause{duration});
}

void Exchange::then(std::function<void()> action) {
  if (!output_closed_)
    connection_->push(Then{std::move(action)});
}

void Exchange::chunk(std::string_view bytes, unsigned lines) {
  if (is(Kind::merged_chunks)) {
    merged_ += bytes;
    merged_lines_ += lines;
    return;
  }
  std::size_t begun = 0;
  for (std::size_t at = 1; at < bytes.size(); ++at) {
    const bool inside_character = (static_cast<unsigned char>(bytes[at]) & 0xC0U) == 0x80;
    const bool cut = is(Kind::split_chunks) ? (stream_bytes_ + at) % fault_->bytes == 0
                                            : is(Kind::split_utf8) && inside_character;
    if (cut) {
      one_chunk(bytes.substr(begun, at - begun), 0);
      begun = at;
    }
  }
  stream_bytes_ += bytes.size();
  one_chunk(bytes.substr(begun), lines);
}

std::string Exchange::chunk_begin(std::size_t size) {
  std::string text = std::exchange(pending_head_, "");
  if (!request_.accepts_chunks)
    return text;
  char digits[2 * sizeof size];
  return text.append(digits, std::to_chars(digits, std::end(digits), size, 16).ptr) + "\r\n";
}

void Exchange::one_chunk(std::string_view bytes, unsigned lines) {
  write(chunk_begin(bytes.size()).append(bytes).append(chunk_end()), lines);
}

void Exchange::finish_chunks() {
  if (!merged_.empty())
    one_chunk(std::exchange(merged_, ""), merged_lines_);
  write(std::exchange(pending_head_, "") + (request_.accepts_chunks ? "0\r\n\r\n" : ""));
}

void Exchange::finish() {
  then([self = shared_from_this()] {
    auto& statistics = self->server_.statistics();
    statistics.update(self->record_, [](RequestRecord& record) { record.answered = true; });
    statistics.count([](Counters& c) { ++c.answered; });
    self->end(false);
    self->connection_->exchange_done(self->request_.keep_alive);
  });
  output_closed_ = true;
}

void Exchange::end(bool client_left) {
  ended_ = output_closed_ = true;
  if (const auto action = std::exchange(on_end_, nullptr))
    action(client_left);
}

void Exchange::abandoned(bool client_left) {
  if (ended_)
    return;
  if (client_left) {
    server_.statistics().update(record_, [](RequestRecord& record) {
      record.client_left = true;
      record.client_left_at = std::chrono::steady_clock::now();
    });
    server_.statistics().count([](Counters& c) { ++c.disconnects_seen; });
  }
  end(client_left);
}

} // namespace nexus::llm::simulator
