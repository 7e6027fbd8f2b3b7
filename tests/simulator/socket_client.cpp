// SPDX-License-Identifier: BSD-3-Clause
#include "tests/simulator/socket_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace nexus::llm::simulator::test {

int Response::status() const {
  return status_line.size() < 12 ? 0 : std::stoi(status_line.substr(9, 3));
}

std::string Response::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name)
      return value;
  }
  return {};
}

std::string Response::header_names() const {
  std::string names;
  for (const auto& [key, value] : headers)
    names += (names.empty() ? "" : ",") + key;
  return names;
}

std::vector<std::string> Response::lines() const {
  std::vector<std::string> all;
  for (std::size_t at = 0; at < body.size();) {
    const auto end = std::min(body.find('\n', at), body.size());
    all.push_back(body.substr(at, end - at));
    at = end + 1;
  }
  return all;
}

SocketClient::SocketClient(std::uint16_t port)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const timeval limit{10, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    close();
    throw std::system_error(error, std::system_category(), "connect");
  }
}

SocketClient::~SocketClient() { close(); }

void SocketClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0)
      throw std::system_error(errno, std::system_category(), "send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void SocketClient::request(std::string_view method, std::string_view target, std::string_view body,
                           std::string_view more_headers) {
  std::string text(method);
  text += " " + std::string(target) + " HTTP/1.1\r\n";
  if (more_headers.find("Host:") == std::string_view::npos)
    text += "Host: 127.0.0.1\r\n";
  text += more_headers;
  if (!body.empty())
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  send(text + "\r\n" + std::string(body));
}

bool SocketClient::read_some() {
  std::array<char, 65'536> buffer{};
  const auto size = ::recv(socket_, buffer.data(), buffer.size(), 0);
  if (size < 0) {
    if (errno != ECONNRESET)
      throw std::system_error(errno, std::system_category(), "receive");
    reset_ = true;
  }
  if (size <= 0)
    return false;
  input_.append(buffer.data(), static_cast<std::size_t>(size));
  return true;
}

bool SocketClient::read_until(std::string_view text) {
  while (input_.find(text) == std::string::npos) {
    if (!read_some())
      return false;
  }
  return true;
}

bool SocketClient::read_bytes(std::size_t count) {
  while (input_.size() < count) {
    if (!read_some())
      return false;
  }
  return true;
}

std::string SocketClient::read_all() {
  while (read_some()) {
  }
  return std::exchange(input_, {});
}

Response SocketClient::read_response(bool head) {
  Response response;
  if (!read_until("\r\n\r\n"))
    return response;
  const auto end = input_.find("\r\n\r\n");
  std::string text = input_.substr(0, end + 2);
  input_.erase(0, end + 4);
  response.status_line = text.substr(0, text.find("\r\n"));
  for (std::size_t at = text.find("\r\n") + 2; at < text.size();) {
    const auto line_end = text.find("\r\n", at);
    const std::string line = text.substr(at, line_end - at);
    const auto colon = line.find(": ");
    response.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    at = line_end + 2;
  }
  response.chunked = response.header("Transfer-Encoding") == "chunked";
  const std::string length = response.header("Content-Length");
  if (head || response.status() == 204 || response.status() == 100) {
    response.complete = true;
  } else if (response.chunked) {
    while (read_until("\r\n")) {
      const auto line = input_.find("\r\n");
      const std::size_t size = std::stoul(input_.substr(0, line), nullptr, 16);
      while (input_.size() < line + 2 + size + 2) {
        if (!read_some()) {
          response.body += input_.substr(std::min(line + 2, input_.size()));
          return response;
        }
      }
      const std::string chunk = input_.substr(line + 2, size);
      input_.erase(0, line + 2 + size + 2);
      if (size == 0) {
        response.complete = true;
        break;
      }
      response.body += chunk;
      response.chunks.push_back(chunk);
    }
  } else if (!length.empty()) {
    const std::size_t size = std::stoul(length);
    while (input_.size() < size && read_some()) {
    }
    response.complete = input_.size() >= size;
    response.body = input_.substr(0, size);
    input_.erase(0, size);
  } else {
    response.body = read_all();
  }
  return response;
}

bool SocketClient::silent_for(std::chrono::milliseconds time) {
  pollfd wait{socket_, POLLIN, 0};
  return ::poll(&wait, 1, static_cast<int>(time.count())) == 0;
}

void SocketClient::half_close() { ::shutdown(socket_, SHUT_WR); }

void SocketClient::close() {
  if (socket_ >= 0)
    ::close(std::exchange(socket_, -1));
}

void SocketClient::abort() {
  const linger at_once{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

Response fetch(std::uint16_t port, std::string_view method, std::string_view target,
               std::string_view body, std::string_view more_headers) {
  SocketClient client(port);
  client.request(method, target, body, more_headers);
  return client.read_response(method == "HEAD");
}

Response post(std::uint16_t port, std::string_view target, std::string_view body) {
  return fetch(port, "POST", target, body);
}

} // namespace nexus::llm::simulator::test
