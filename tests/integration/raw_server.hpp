// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/test/unit_test.hpp>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "config/file_io.hpp"

namespace nexus::llm::test {

/// A server for what no server of HTTP does: it writes bytes as they are, to one connection after
/// the other, and closes each of them.
class RawServer {
public:
  /// Serves a connection, the number of which counts from 0.
  using Serve = std::function<void(int socket, std::size_t connection)>;

  explicit RawServer(Serve serve)
      : serve_{std::move(serve)}, listening_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    BOOST_REQUIRE(::bind(listening_.get(), generic, size) == 0);
    BOOST_REQUIRE(::listen(listening_.get(), 8) == 0);
    BOOST_REQUIRE(::getsockname(listening_.get(), generic, &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread{[this] { run(); }};
  }
  /// Reads each request and writes these bytes.
  explicit RawServer(std::string answer)
      : RawServer{[answer = std::move(answer)](int socket, std::size_t) {
          static_cast<void>(read_head(socket));
          write(socket, answer);
        }} {}
  ~RawServer() {
    ::shutdown(listening_.get(), SHUT_RDWR);
    thread_.join();
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::size_t connections() {
    std::lock_guard lock{mutex_};
    return connections_;
  }

  /// Reads a request up to its body, or what there is of it.
  [[nodiscard]] static std::string read_head(int socket) {
    std::string text;
    std::array<char, 4096> buffer{};
    // A record of TLS is none of HTTP.
    while (text.find("\r\n\r\n") == std::string::npos && !text.starts_with('\x16')) {
      const auto count = ::read(socket, buffer.data(), buffer.size());
      if (count <= 0)
        break;
      text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return text;
  }
  static void write(int socket, std::string_view text) {
    static_cast<void>(::send(socket, text.data(), text.size(), MSG_NOSIGNAL));
  }

private:
  void run() {
    for (;;) {
      const FileDescriptor socket{::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
      // A test may take all descriptors for a while.
      if (!socket.valid() && errno == EMFILE) {
        ::poll(nullptr, 0, 10);
        continue;
      }
      if (!socket.valid())
        return;
      std::size_t number = 0;
      {
        std::lock_guard lock{mutex_};
        number = connections_++;
      }
      serve_(socket.get(), number);
    }
  }

  Serve serve_;
  FileDescriptor listening_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::size_t connections_ = 0;
  std::thread thread_; ///< last, since it uses the others
};

} // namespace nexus::llm::test
