// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/exchange.hpp"

#include "runtime/simulator/connection.hpp"
#include "runtime/simulator/http_text.hpp"
#include "runtime/simulator/json_text.hpp"
#include "runtime/simulator/server.hpp"

#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <chrono>

namespace nexus::llm::simulator {
namespace {

using Kind = Fault::Kind;

/// Longer one-shot bodies are chunked.
constexpr std::size_t max_counted_body = 2048;

bool acts_at_line(Kind kind) {
  switch (kind) {
  case Kind::reset_after_lines:
  case Kind::close_mid_chunk:
  case Kind::close_after_lines:
  case Kind::end_without_done:
  case Kind::error_line:
  case Kind::garbage_line:
  case Kind::stall_after_lines:
  case Kind::huge_line:
  case Kind::nested_json:
  case Kind::invalid_utf8:
    return true;
  default:
    return false;
  }
}

} // namespace

Exchange::Exchange(std::shared_ptr<Connection> connection, Server& server, HttpRequest request)
    : connection_(std::move(connection)), server_(server), request_(std::move(request)) {}

std::uint64_t Exchange::connection_id() const { return connection_->id(); }

void Exchange::set_fault(Fault fault) {
  fault_ = std::move(fault);
  if (fault_->kind == Kind::slow_drip)
    connection_->drip(fault_->delay.value_or(std::chrono::milliseconds(0)));
}

void Exchange::add_header(std::string name, std::string value) {
  headers_.emplace_back(std::move(name), std::move(value));
}

std::string Exchange::head(int status, std::string_view content_type,
                           std::optional<std::size_t> length, bool chunked_body) {
  status_ = status;
  Headers headers = headers_;
  if (!content_type.empty())
    headers.emplace_back("Content-Type", content_type);
  if (is(Kind::header_flood)) {
    for (auto& header : flood())
      headers.push_back(std::move(header));
  }
  std::ranges::stable_sort(headers, {}, [](const auto& header) { return header.first; });
  headers.emplace_back("Date", http_date());
  if (length)
    headers.emplace_back("Content-Length", std::to_string(*length));
  if (!request_.http_1_0 && !request_.keep_alive)
    headers.emplace_back("Connection", "close");
  if (request_.http_1_0 && request_.keep_alive && length)
    headers.emplace_back("Connection", "keep-alive");
  if (chunked_body)
    headers.emplace_back("Transfer-Encoding", "chunked");
  std::string text = request_.http_1_0 ? "HTTP/1.0 " : "HTTP/1.1 ";
  const std::string code = std::to_string(status);
  text += code + " ";
  const auto known = boost::beast::http::int_to_status(static_cast<unsigned>(status));
  text += known == boost::beast::http::status::unknown
              ? "status code " + code
              : std::string{boost::beast::http::obsolete_reason(known)};
  for (const auto& [name, value] : headers)
    text.append("\r\n").append(name).append(": ").append(value);
  return text + "\r\n\r\n";
}

void Exchange::write(std::string bytes, unsigned lines, unsigned tokens) {
  connection_->push(WriteBytes{std::move(bytes), lines, tokens});
}

void Exchange::reply(int status, std::string_view content_type, std::string body) {
  if (output_closed_)
    return;
  if (fault_ && !fired_) {
    fired_ = true;
    body = transform(std::move(body));
    if (is(Kind::malformed_json))
      body.resize(body.size() / 2);
    if (is(Kind::garbage_line))
      body = fault_->text;
    if (is(Kind::nested_json) || is(Kind::invalid_utf8))
      body = special_line(true);
    if (is(Kind::data_after_done))
      body += "\n" + special_line(false);
    if (is(Kind::error_line)) {
      status = 500;
      body = error_json(fault_->text);
    }
    if (is(Kind::huge_line)) {
      huge(false);
      return;
    }
  }
  const bool framed = is(Kind::split_chunks) || is(Kind::split_utf8) || is(Kind::merged_chunks);
  const bool long_body = body.size() > max_counted_body;
  const bool use_chunks = chunked() && (long_body || framed);
  const bool no_body = status == 204 || status == 304;
  const auto length =
      (long_body || use_chunks || no_body) ? std::nullopt : std::optional(body.size());
  const bool is_head = request_.method == "HEAD";
  std::string start = head(status, content_type, length, use_chunks && !is_head);
  head_sent_ = true;
  const bool last = request_.http_1_0 && !length && !no_body;
  if (is(Kind::reset_after_lines) || is(Kind::close_mid_chunk) || is(Kind::close_after_lines) ||
      is(Kind::stall_after_lines)) {
    if (use_chunks)
      start += hex(body.size()) + "\r\n" + body + "\r\n0\r\n\r\n";
    else
      start += body;
    write_cut(std::move(start));
    return;
  }
  if (is_head) {
    write(std::move(start));
  } else if (use_chunks) {
    pending_head_ = std::move(start);
    chunk(std::move(body), 0, 0);
    finish_chunks();
  } else {
    write(start + body);
  }
  finish(request_.keep_alive && !last);
}

void Exchange::reply_json(int status, std::string body) {
  reply(status, "application/json; charset=utf-8", std::move(body));
}

void Exchange::reply_error(int status, std::string_view text) {
  reply_json(status, error_json(text));
}

void Exchange::reply_without_length(int status) {
  write(head(status, "", std::nullopt, false));
  finish(request_.keep_alive);
}

void Exchange::start_stream(int status, std::string_view content_type) {
  if (head_sent_)
    return;
  head_sent_ = true;
  pending_head_ = head(status, content_type, std::nullopt, chunked());
}

void Exchange::put_line(std::string line, unsigned tokens, bool final) {
  if (output_closed_)
    return;
  start_stream(200, "application/x-ndjson");
  if (fault_ && acts_at_line(fault_->kind) && !fired_ && lines_ >= fault_->lines) {
    fired_ = true;
    if (!fire_at_line(line))
      return;
  }
  line = transform(std::move(line));
  if (is(Kind::malformed_json) && !fired_ && lines_ >= fault_->lines) {
    fired_ = true;
    line.resize(line.size() / 2);
  }
  ++lines_;
  chunk(line + "\n", 1, tokens);
  if (final && is(Kind::data_after_done)) {
    chunk(special_line(false) + "\n", 1, 0);
    chunk(special_line(true) + "\n", 1, 0);
  }
}

void Exchange::end_stream() {
  if (output_closed_)
    return;
  start_stream(200, "application/x-ndjson");
  if (fault_ && acts_at_line(fault_->kind) && !fired_) {
    fired_ = true;
    if (!fire_at_line(""))
      return;
  }
  finish_chunks();
  finish(request_.keep_alive && chunked());
}

void Exchange::fail_stream(int status, std::string_view text) {
  if (output_closed_)
    return;
  fired_ = true;
  if (server_.old()) {
    put_line(error_json(text));
    end_stream();
    return;
  }
  start_stream(status, "application/json");
  chunk(error_json(text), 0, 0);
  end_stream();
}

void Exchange::then(std::function<void()> action) { connection_->push(Then{std::move(action)}); }

void Exchange::chunk(std::string bytes, unsigned lines, unsigned tokens) {
  if (is(Kind::merged_chunks)) {
    merged_ += bytes;
    merged_lines_ += lines;
    merged_tokens_ += tokens;
    return;
  }
  const std::string_view all = bytes;
  std::size_t begun = 0;
  for (std::size_t at = 1; at < all.size(); ++at) {
    const bool cut =
        is(Kind::split_chunks)
            ? (stream_bytes_ + at) % fault_->bytes == 0
            : is(Kind::split_utf8) && (static_cast<unsigned char>(all[at]) & 0xC0U) == 0x80;
    if (!cut)
      continue;
    one_chunk(all.substr(begun, at - begun), 0, 0);
    begun = at;
  }
  stream_bytes_ += all.size();
  one_chunk(all.substr(begun), lines, tokens);
}

void Exchange::one_chunk(std::string_view bytes, unsigned lines, unsigned tokens) {
  std::string out = std::exchange(pending_head_, "");
  if (chunked()) {
    out += hex(bytes.size()) + "\r\n";
    out += bytes;
    out += "\r\n";
  } else {
    out += bytes;
  }
  write(std::move(out), lines, tokens);
}

void Exchange::finish_chunks() {
  if (!merged_.empty())
    one_chunk(std::exchange(merged_, ""), merged_lines_, merged_tokens_);
  if (!pending_head_.empty())
    write(std::exchange(pending_head_, ""));
  if (chunked())
    write("0\r\n\r\n");
}

void Exchange::finish(bool keep_alive) {
  output_closed_ = true;
  connection_->push(Then{[self = shared_from_this(), keep_alive] {
    self->done_ = true;
    self->on_abandoned_ = nullptr;
    const bool answered = !self->left_;
    auto& statistics = self->server_.statistics();
    statistics.update(self->record_, [answered](RequestRecord& record) {
      record.answered = answered;
      record.finished_at = std::chrono::steady_clock::now();
    });
    statistics.count([answered](Counters& c) { c.answered += answered ? 1 : 0; });
    self->connection_->exchange_done(keep_alive && answered);
  }});
}

void Exchange::client_left(bool fin) {
  if (done_ || left_)
    return;
  // Nothing is running for it any more, and the client may still be reading.
  if (fin && !fault_ && (!on_abandoned_ || output_closed_))
    return;
  left_ = true;
  const auto now = std::chrono::steady_clock::now();
  server_.statistics().update(record_, [now](RequestRecord& record) {
    record.client_left = true;
    record.client_left_at = now;
  });
  server_.statistics().count([fin](Counters& c) {
    ++c.disconnects_seen;
    c.half_closes_seen += fin ? 1 : 0;
  });
  const auto keep = shared_from_this();
  const int status = abandon(true);
  if (!fin)
    return;
  if (fault_ || server_.old())
    connection_->close();
  else
    tell_cancelled(status);
}

void Exchange::tell_cancelled(int status) {
  const bool dropped = connection_->drop_unsent();
  const bool started = head_sent_ && (first_byte_ || !dropped);
  if (!started) {
    head_sent_ = false;
    output_closed_ = false;
    reply_error(status, status == 499 ? "request canceled"
                                      : "error reading llama-server response: context canceled");
    return;
  }
  chunk(error_json("error reading llama-server response: context canceled") + "\n", 1, 0);
  finish_chunks();
  finish(false);
}

void Exchange::connection_closed() {
  if (done_)
    return;
  done_ = true;
  output_closed_ = true;
  const auto keep = shared_from_this();
  server_.statistics().update(record_, [](RequestRecord& record) {
    record.finished_at = std::chrono::steady_clock::now();
  });
  abandon(false);
}

int Exchange::abandon(bool client_left) {
  const auto action = std::exchange(on_abandoned_, nullptr);
  return action ? action(client_left) : 500;
}

void Exchange::wrote(std::size_t bytes, unsigned lines, unsigned tokens) {
  const bool first = !std::exchange(first_byte_, true);
  server_.statistics().update(record_, [&](RequestRecord& record) {
    if (first)
      record.first_byte_at = std::chrono::steady_clock::now();
    record.status = status_;
    record.bytes_sent += bytes;
    record.lines_sent += lines;
  });
  if (lines > 0 || tokens > 0) {
    server_.statistics().count([&](Counters& c) {
      c.lines_sent += lines;
      c.tokens_sent += tokens;
    });
  }
}

} // namespace nexus::llm::simulator
