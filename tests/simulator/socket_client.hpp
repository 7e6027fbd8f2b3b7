// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::llm::simulator::test {

/// A response as it was on the wire, taken apart.
struct Response {
  std::string status_line;
  /// In the order of the wire.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  /// Contents of the chunks, without the last, empty one.
  std::vector<std::string> chunks;
  bool chunked = false;
  /// The body came to its announced end.
  bool complete = false;

  [[nodiscard]] int status() const;
  /// "" when it is missing.
  [[nodiscard]] std::string header(std::string_view name) const;
  /// Names in the order of the wire, joined by commas.
  [[nodiscard]] std::string header_names() const;
  [[nodiscard]] std::vector<std::string> lines() const;
};

/// A blocking TCP client for one connection. Every read gives up after ten seconds.
class SocketClient {
public:
  explicit SocketClient(std::uint16_t port);
  ~SocketClient();
  SocketClient(const SocketClient&) = delete;
  SocketClient& operator=(const SocketClient&) = delete;

  void send(std::string_view bytes);
  /// Sends a request with a Host header and, if there is a body, its length.
  void request(std::string_view method, std::string_view target, std::string_view body = {},
               std::string_view more_headers = {});
  /// Reads one response; `head` for answers to HEAD.
  [[nodiscard]] Response read_response(bool head = false);
  /// Reads until at least these bytes are there; false at the end of the stream.
  bool read_until(std::string_view text);
  /// Reads until so many bytes are there; false at the end of the stream.
  bool read_bytes(std::size_t count);
  /// Reads to the end of the stream and returns all of it.
  [[nodiscard]] std::string read_all();
  /// Whether the last read ended with a reset.
  [[nodiscard]] bool was_reset() const { return reset_; }
  /// Whether nothing arrives within the time.
  [[nodiscard]] bool silent_for(std::chrono::milliseconds time);
  [[nodiscard]] const std::string& input() const { return input_; }
  void half_close();
  void close();
  void abort();

private:
  /// Returns false at the end of the stream.
  bool read_some();

  int socket_ = -1;
  std::string input_;
  bool reset_ = false;
};

/// One request on a connection of its own.
[[nodiscard]] Response fetch(std::uint16_t port, std::string_view method, std::string_view target,
                             std::string_view body = {}, std::string_view more_headers = {});
[[nodiscard]] Response post(std::uint16_t port, std::string_view target, std::string_view body);

} // namespace nexus::llm::simulator::test
