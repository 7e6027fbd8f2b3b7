// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/connection.hpp"

#include "runtime/simulator/exchange.hpp"
#include "runtime/simulator/http_request.hpp"
#include "runtime/simulator/server.hpp"

#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <variant>

namespace nexus::llm::simulator {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::uint32_t header_limit = 1U << 20U;
constexpr std::uint64_t body_limit = 1ULL << 30U;
constexpr std::size_t watch_bytes = 4096;
constexpr std::uint64_t repeated_bytes = 64U << 10U;

} // namespace

Connection::Connection(asio::ip::tcp::socket socket, Server& server, std::uint64_t id)
    : socket_(std::move(socket)), server_(server), id_(id), timer_(socket_.get_executor()) {}

void Connection::close(bool reset) {
  if (std::exchange(closed_, true))
    return;
  error_code ignored;
  if (reset)
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  else
    socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
  timer_.cancel();
  operations_.clear();
  if (const auto exchange = std::exchange(exchange_, nullptr))
    exchange->abandoned(false);
  server_.connection_closed(*this);
}

void Connection::push(Operation operation) {
  if (closed_)
    return;
  operations_.push_back(std::move(operation));
  run();
}

void Connection::exchange_done(bool keep_alive) {
  exchange_ = nullptr;
  drip_.reset();
  if (!keep_alive)
    close();
  else if (!watching_)
    read_request();
}

void Connection::read_request() {
  parser_.emplace();
  parser_->header_limit(header_limit);
  parser_->body_limit(body_limit);
  http::async_read(socket_, input_, *parser_,
                   [self = shared_from_this()](const error_code& error, std::size_t) {
                     if (!self->closed_)
                       self->request_read(error);
                   });
}

void Connection::request_read(const error_code& error) {
  if (!error) {
    exchange_ = std::make_shared<Exchange>(shared_from_this(), server_, take_request());
    watch();
    server_.handle(exchange_);
    return;
  }
  if (error != http::error::end_of_stream && error != http::error::partial_message)
    push(WriteBytes{"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"});
  push(Close::fin);
}

HttpRequest Connection::take_request() {
  auto message = parser_->release();
  HttpRequest request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  request.body = std::move(message.body());
  request.accepts_chunks = message.version() >= 11;
  request.keep_alive =
      request.accepts_chunks && message.keep_alive() && server_.options().reuse_connections;
  return request;
}

void Connection::watch() {
  // A client that sends its next request early is not watched.
  if (input_.size() > 0)
    return;
  watching_ = true;
  socket_.async_read_some(input_.prepare(watch_bytes),
                          [self = shared_from_this()](const error_code& error, std::size_t size) {
                            self->watching_ = false;
                            if (self->closed_)
                              return;
                            if (error) {
                              self->client_gone();
                              return;
                            }
                            self->input_.commit(size);
                            if (!self->exchange_)
                              self->read_request();
                          });
}

void Connection::client_gone() {
  if (const auto exchange = exchange_)
    exchange->abandoned(true);
  close();
}

void Connection::run() {
  if (std::exchange(running_, true))
    return;
  while (!closed_ && !busy_ && !operations_.empty()) {
    Operation step = std::move(operations_.front());
    operations_.pop_front();
    std::visit([this](auto& each) { perform(std::move(each)); }, step);
  }
  running_ = false;
}

void Connection::perform(WriteBytes step) {
  if (drip_ && step.bytes.size() > 1) {
    operations_.push_front(WriteBytes{step.bytes.substr(1), step.lines});
    operations_.push_front(Pause{*drip_});
    step = WriteBytes{step.bytes.substr(0, 1)};
  }
  busy_ = true;
  writing_ = std::move(step);
  asio::async_write(socket_, asio::buffer(writing_.bytes),
                    [self = shared_from_this()](const error_code& error, std::size_t) {
                      if (self->closed_)
                        return;
                      if (error) {
                        self->client_gone();
                        return;
                      }
                      if (const auto lines = self->writing_.lines; lines > 0)
                        self->server_.statistics().count(
                            [lines](Counters& c) { c.lines_sent += lines; });
                      self->busy_ = false;
                      self->run();
                    });
}

void Connection::perform(WriteRepeated step) {
  const auto size = std::min(step.count, repeated_bytes);
  if (step.count > size)
    operations_.push_front(WriteRepeated{step.byte, step.count - size});
  perform(WriteBytes{std::string(static_cast<std::size_t>(size), step.byte)});
}

void Connection::perform(Pause step) {
  busy_ = true;
  if (!step.duration)
    return;
  timer_.expires_after(*step.duration);
  timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (error || self->closed_)
      return;
    self->busy_ = false;
    self->run();
  });
}

void Connection::perform(const Then& step) { step.action(); }

void Connection::perform(Close step) { close(step == Close::rst); }

} // namespace nexus::llm::simulator
