// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "runtime/simulator/operation.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace nexus::llm::simulator {

class Exchange;
class Server;
struct HttpRequest;

/// One client connection: reads requests, one at a time, and runs the steps of the answers. A read
/// is pending all the time, so that a client that leaves is noticed at once.
class Connection : public std::enable_shared_from_this<Connection> {
public:
  Connection(boost::asio::ip::tcp::socket socket, Server& server, std::uint64_t id);

  void start();
  /// Closes the socket at once; `reset` sends RST instead of FIN.
  void close(bool reset = false);
  void push(Operation operation);
  /// Drops the steps that have not begun. Returns whether there were any bytes among them.
  bool drop_unsent();
  /// Sends every byte alone from now on.
  void drip(std::chrono::milliseconds per_byte) { drip_ = per_byte; }
  /// The current exchange is complete. The next request, if any, is taken up.
  void exchange_done(bool keep_alive);
  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] bool closed() const { return closed_; }

private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  void read();
  void parse();
  /// Returns false when the request was refused.
  bool header_read();
  void dispatch();
  void refuse(std::string_view status, std::string_view text);
  void client_gone(bool fin);
  void run();
  void write(WriteBytes step);
  void write_next_byte();
  void write_repeated();
  void wait(std::chrono::milliseconds duration);
  void write_done(const boost::system::error_code& error, std::size_t bytes);
  [[nodiscard]] HttpRequest take_request();

  boost::asio::ip::tcp::socket socket_;
  Server& server_;
  const std::uint64_t id_;
  boost::asio::steady_timer timer_;

  std::array<char, 16'384> chunk_{};
  std::string input_;
  std::unique_ptr<Parser> parser_;
  bool header_handled_ = false;
  bool parsing_ = false;
  bool reading_ = false;
  bool eof_ = false;

  std::deque<Operation> operations_;
  WriteBytes writing_;
  std::size_t written_ = 0;
  WriteRepeated repeating_;
  std::optional<std::chrono::milliseconds> drip_;
  bool running_ = false;
  bool busy_ = false;
  bool closed_ = false;
  std::shared_ptr<Exchange> exchange_;
};

} // namespace nexus::llm::simulator
