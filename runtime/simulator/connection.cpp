// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/connection.hpp"

#include "runtime/simulator/exchange.hpp"
#include "runtime/simulator/http_request.hpp"
#include "runtime/simulator/model_name.hpp"
#include "runtime/simulator/server.hpp"

#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <utility>

namespace nexus::llm::simulator {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::uint32_t header_limit = (1U << 20U) + 4096;
constexpr std::uint64_t body_limit = 1ULL << 30U;
/// Input of later requests that is read ahead; beyond it the client is no longer watched.
constexpr std::size_t read_ahead_limit = 256U << 10U;
constexpr std::size_t cork_limit = 64U << 10U;

const std::string& filler(char byte) {
  static thread_local std::string block;
  if (block.empty() || block.front() != byte)
    block.assign(64U << 10U, byte);
  return block;
}

} // namespace

Connection::Connection(tcp::socket socket, Server& server, std::uint64_t id)
    : socket_(std::move(socket)), server_(server), id_(id), timer_(socket_.get_executor()) {}

void Connection::start() { read(); }

void Connection::close(bool reset) {
  if (closed_)
    return;
  closed_ = true;
  error_code ignored;
  if (reset)
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  else
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
  timer_.cancel();
  operations_.clear();
  if (const auto exchange = std::exchange(exchange_, nullptr))
    exchange->connection_closed();
  server_.connection_closed(*this);
}

void Connection::push(Operation operation) {
  if (closed_)
    return;
  operations_.push_back(std::move(operation));
  run();
}

bool Connection::drop_unsent() {
  const bool bytes = std::ranges::any_of(
      operations_, [](const Operation& step) { return std::holds_alternative<WriteBytes>(step); });
  operations_.clear();
  return bytes;
}

void Connection::exchange_done(bool keep_alive) {
  exchange_ = nullptr;
  drip_.reset();
  if (!keep_alive || (eof_ && input_.empty())) {
    close();
    return;
  }
  read();
  parse();
}

void Connection::read() {
  if (reading_ || closed_ || eof_ || (exchange_ && input_.size() >= read_ahead_limit))
    return;
  reading_ = true;
  socket_.async_read_some(asio::buffer(chunk_),
                          [self = shared_from_this()](const error_code& error, std::size_t size) {
                            self->reading_ = false;
                            if (self->closed_)
                              return;
                            if (error) {
                              self->client_gone(error == asio::error::eof);
                              return;
                            }
                            self->input_.append(self->chunk_.data(), size);
                            self->parse();
                            self->read();
                          });
}

void Connection::parse() {
  if (parsing_)
    return;
  parsing_ = true;
  while (!closed_ && !exchange_ && !input_.empty()) {
    if (!parser_) {
      parser_ = std::make_unique<Parser>();
      parser_->header_limit(header_limit);
      parser_->body_limit(body_limit);
      header_handled_ = false;
    }
    error_code error;
    const std::size_t used = parser_->put(asio::buffer(input_), error);
    input_.erase(0, used);
    if (error == http::error::need_more)
      break;
    if (error) {
      if (error == http::error::header_limit)
        refuse("431 Request Header Fields Too Large", "431 Request Header Fields Too Large");
      else if (error == http::error::body_limit)
        refuse("413 Request Entity Too Large", "413 Request Entity Too Large");
      else
        refuse("400 Bad Request", "400 Bad Request");
      break;
    }
    if (parser_->is_header_done() && !header_handled_ && !header_read())
      break;
    if (parser_->is_done())
      dispatch();
    else if (used == 0)
      break;
  }
  parsing_ = false;
  if (!closed_ && eof_ && input_.empty())
    client_gone(true);
}

bool Connection::header_read() {
  header_handled_ = true;
  parser_->eager(true);
  const auto& message = parser_->get();
  if (message.version() >= 11 && message.find(http::field::host) == message.end()) {
    refuse("400 Bad Request", "400 Bad Request: missing required Host header");
    return false;
  }
  const auto expect = message[http::field::expect];
  if (expect.empty() || message.version() < 11)
    return true;
  if (to_lower({expect.data(), expect.size()}) != "100-continue") {
    refuse("417 Expectation Failed", "");
    return false;
  }
  const bool has_body = message.chunked() || parser_->content_length().value_or(0) > 0;
  // A handler that answers without reading the body never asks for it.
  if (has_body &&
      server_.reads_body(std::string(message.method_string()), std::string(message.target())))
    push(WriteBytes{"HTTP/1.1 100 Continue\r\n\r\n"});
  return true;
}

HttpRequest Connection::take_request() {
  HttpRequest request;
  const auto message = parser_->release();
  parser_.reset();
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  for (const auto& field : message)
    request.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  request.body = message.body();
  request.http_1_0 = message.version() < 11;
  request.keep_alive = message.keep_alive() && server_.options().reuse_connections;
  return request;
}

void Connection::dispatch() {
  exchange_ = std::make_shared<Exchange>(shared_from_this(), server_, take_request());
  const auto exchange = exchange_;
  server_.handle(exchange);
}

void Connection::refuse(std::string_view status, std::string_view text) {
  std::string answer = "HTTP/1.1 ";
  answer += status;
  if (!text.empty())
    answer += "\r\nContent-Type: text/plain; charset=utf-8";
  answer += "\r\nConnection: close\r\n\r\n";
  answer += text;
  input_.clear();
  push(WriteBytes{std::move(answer)});
  push(Close::fin);
}

void Connection::client_gone(bool fin) {
  if (closed_)
    return;
  eof_ = true;
  if (!fin) {
    if (exchange_)
      exchange_->client_left(false);
    close();
    return;
  }
  if (!exchange_ && parser_ && parser_->is_header_done()) {
    // The handler reads what there is of the body and stumbles over the end.
    dispatch();
  }
  if (!exchange_) {
    if (operations_.empty() && !busy_)
      close();
    return;
  }
  // Requests in the input hide the end of the stream from the one in progress.
  if (!input_.empty())
    return;
  exchange_->client_left(true);
}

void Connection::run() {
  if (running_)
    return;
  running_ = true;
  while (!closed_ && !busy_ && !operations_.empty()) {
    Operation step = std::move(operations_.front());
    operations_.pop_front();
    if (auto* bytes = std::get_if<WriteBytes>(&step)) {
      write(std::move(*bytes));
    } else if (auto* repeated = std::get_if<WriteRepeated>(&step)) {
      repeating_ = *repeated;
      write_repeated();
    } else if (const auto* pause = std::get_if<Pause>(&step)) {
      busy_ = true;
      wait(pause->duration);
    } else if (std::holds_alternative<Hold>(step)) {
      busy_ = true;
    } else if (const auto* then = std::get_if<Then>(&step)) {
      then->action();
    } else {
      close(std::get<Close>(step) == Close::rst);
    }
  }
  running_ = false;
}

void Connection::write(WriteBytes step) {
  busy_ = true;
  written_ = 0;
  writing_ = std::move(step);
  if (drip_ && writing_.bytes.size() > 1) {
    write_next_byte();
    return;
  }
  while (server_.options().cork_writes && !drip_ && !operations_.empty() &&
         writing_.bytes.size() < cork_limit) {
    const auto* next = std::get_if<WriteBytes>(&operations_.front());
    if (next == nullptr)
      break;
    writing_.bytes += next->bytes;
    writing_.lines += next->lines;
    writing_.tokens += next->tokens;
    operations_.pop_front();
  }
  asio::async_write(socket_, asio::buffer(writing_.bytes),
                    [self = shared_from_this()](const error_code& error, std::size_t size) {
                      self->write_done(error, size);
                    });
}

void Connection::write_next_byte() {
  asio::async_write(socket_, asio::buffer(&writing_.bytes[written_], 1),
                    [self = shared_from_this()](const error_code& error, std::size_t size) {
                      ++self->written_;
                      if (error || self->written_ == self->writing_.bytes.size()) {
                        self->write_done(error, error ? size : self->written_);
                        return;
                      }
                      if (self->closed_)
                        return;
                      self->timer_.expires_after(
                          self->drip_.value_or(std::chrono::milliseconds(0)));
                      self->timer_.async_wait([self](const error_code& failed) {
                        if (!failed && !self->closed_)
                          self->write_next_byte();
                      });
                    });
}

void Connection::write_repeated() {
  const std::string& block = filler(repeating_.byte);
  const auto size =
      static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), repeating_.count));
  busy_ = true;
  repeating_.count -= size;
  writing_ = {};
  asio::async_write(socket_, asio::buffer(block.data(), size),
                    [self = shared_from_this()](const error_code& error, std::size_t sent) {
                      if (!error && !self->closed_ && self->repeating_.count > 0) {
                        if (self->exchange_)
                          self->exchange_->wrote(sent, 0, 0);
                        self->write_repeated();
                        return;
                      }
                      self->write_done(error, sent);
                    });
}

void Connection::wait(std::chrono::milliseconds duration) {
  timer_.expires_after(duration);
  timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (error || self->closed_)
      return;
    self->busy_ = false;
    self->run();
  });
}

void Connection::write_done(const error_code& error, std::size_t bytes) {
  if (closed_)
    return;
  if (error) {
    client_gone(false);
    return;
  }
  if (exchange_)
    exchange_->wrote(bytes, writing_.lines, writing_.tokens);
  busy_ = false;
  run();
}

} // namespace nexus::llm::simulator
