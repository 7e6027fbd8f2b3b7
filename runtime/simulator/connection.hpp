// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "runtime/simulator/operation.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

namespace nexus::llm::simulator {

class Exchange;
class Server;
struct HttpRequest;

/// One client connection. Reads one request after the other and performs the steps of the
/// responses. Keeps reading during a response to notice at once when the client leaves. Only for
/// the server thread.
class Connection : public std::enable_shared_from_this<Connection> {
public:
  Connection(boost::asio::ip::tcp::socket socket, Server& server, std::uint64_t id);

  /// Reads the next request.
  void read_request();
  /// Closes the socket at once and ends the current exchange; `reset` sends RST instead of FIN.
  void close(bool reset = false);
  /// Adds a step.
  void push(Operation operation);
  /// Pauses between all bytes of the current response.
  void drip(std::chrono::milliseconds per_byte) { drip_ = per_byte; }
  /// Ends the current exchange and goes on with the next request, or closes the connection.
  void exchange_done(bool keep_alive);
  [[nodiscard]] std::uint64_t id() const { return id_; }
  /// Returns the current exchange; null between two requests.
  [[nodiscard]] std::shared_ptr<Exchange> exchange() const { return exchange_; }

private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  void request_read(const boost::system::error_code& error);
  [[nodiscard]] HttpRequest take_request();
  /// Waits for the end of the connection, or for the next request.
  void watch();
  void client_gone();
  void run();
  void perform(WriteBytes step);
  void perform(WriteRepeated step);
  void perform(Pause step);
  void perform(const Then& step);
  void perform(Close step);

  boost::asio::ip::tcp::socket socket_;
  Server& server_;
  const std::uint64_t id_;
  boost::asio::steady_timer timer_;

  boost::beast::flat_buffer input_;
  std::optional<Parser> parser_;
  bool watching_ = false;

  std::deque<Operation> operations_;
  WriteBytes writing_;
  std::optional<std::chrono::milliseconds> drip_;
  bool running_ = false;
  bool busy_ = false;
  bool closed_ = false;
  std::shared_ptr<Exchange> exchange_;
};

} // namespace nexus::llm::simulator
