// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/fast_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <queue>
#include <stdexcept>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tests/bench/cost.hpp"

namespace nexus::llm::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t block_lines = 1000;

/// One line as an HTTP chunk, as Ollama sends it.
std::string chunk(const std::string& line) {
  std::array<char, 16> size{};
  const auto end = std::to_chars(size.data(), size.data() + size.size(), line.size() + 1, 16).ptr;
  return std::string(size.data(), end) + "\r\n" + line + "\n\r\n";
}

std::string text_line(const std::string& piece = FastServer::piece) {
  return chunk(std::string{R"({"model":")"} + FastServer::model +
               R"(","created_at":"2024-08-04T08:52:19.385406455Z","response":")" + piece +
               R"(","done":false})");
}

std::string last_line(std::size_t lines) {
  return chunk(std::string{R"({"model":")"} + FastServer::model +
               R"(","created_at":"2024-08-04T08:52:19.385406455Z","response":"","done":true,)"
               R"("done_reason":"stop","total_duration":1,"eval_count":)" +
               std::to_string(lines) + R"(,"eval_duration":1})") +
         "0\r\n\r\n";
}

/// The number behind a name in the text of a request.
std::size_t number_of(std::string_view text, std::string_view name, std::size_t otherwise) {
  const auto at = text.find(name);
  if (at == std::string_view::npos)
    return otherwise;
  std::size_t number = 0;
  std::from_chars(text.data() + at + name.size(), text.data() + text.size(), number);
  return number;
}

struct Client {
  explicit Client(int number) : socket{number} {}
  ~Client() { ::close(socket); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  const int socket;
  std::string input;
  std::string output;
  std::size_t sent = 0;  ///< of `output`
  std::size_t lines = 0; ///< of the answer
  std::size_t left = 0;  ///< that are not in `output` yet
  std::chrono::milliseconds pace{0};
  bool streaming = false;
  bool stamped = false; ///< the text of each piece is the time of its sending
  bool waits_for_room = false;
};

class Server {
public:
  explicit Server(int listener) : listener_{listener}, epoll_{::epoll_create1(EPOLL_CLOEXEC)} {
    watch(listener_, EPOLLIN, EPOLL_CTL_ADD);
    for (std::size_t i = 0; i < block_lines; ++i)
      block_ += line_;
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events{};
    for (;;) {
      const int count =
          ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait());
      for (int i = 0; i < count; ++i)
        handle(events[static_cast<std::size_t>(i)]);
      send_due();
    }
  }

private:
  struct Due {
    Clock::time_point at;
    int socket;
    bool operator>(const Due& other) const { return at > other.at; }
  };

  void watch(int socket, std::uint32_t what, int operation) const {
    epoll_event event{};
    event.events = what;
    event.data.fd = socket;
    ::epoll_ctl(epoll_, operation, socket, &event);
  }

  [[nodiscard]] int wait() const {
    if (due_.empty())
      return -1;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(due_.top().at - Clock::now()).count();
    return static_cast<int>(std::max<long>(0, left));
  }

  void handle(const epoll_event& event) {
    if (event.data.fd == listener_) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (socket < 0)
        return;
      const int on = 1;
      ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      clients_.emplace(socket, std::make_unique<Client>(socket));
      watch(socket, EPOLLIN, EPOLL_CTL_ADD);
      return;
    }
    const auto entry = clients_.find(event.data.fd);
    if (entry == clients_.end())
      return;
    auto& client = *entry->second;
    const bool open = (event.events & EPOLLIN) == 0 || read(client);
    if (!open || !send(client))
      clients_.erase(entry);
  }

  bool read(Client& client) {
    std::array<char, 65536> piece{};
    const auto count = ::recv(client.socket, piece.data(), piece.size(), 0);
    if (count == 0 || (count < 0 && errno != EAGAIN))
      return false;
    if (count > 0)
      client.input.append(piece.data(), static_cast<std::size_t>(count));
    const auto head = client.input.find("\r\n\r\n");
    if (head == std::string::npos)
      return true;
    auto header = client.input.substr(0, head + 2);
    std::ranges::transform(header, header.begin(), [](char c) {
      return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    });
    const auto size = number_of(header, "content-length: ", 0);
    if (client.input.size() < head + 4 + size)
      return true;
    answer(client, client.input);
    client.input.erase(0, head + 4 + size);
    return true;
  }

  void answer(Client& client, std::string_view request) {
    if (!request.starts_with("POST /api/generate")) {
      const auto body = request.starts_with("GET /api/tags")
                            ? std::string{R"({"models":[{"name":")"} + FastServer::model +
                                  R"("},{"name":"qwen2.5-coder:7b"}]})"
                            : std::string{R"({"version":"0.0.0","models":[]})"};
      client.output += "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
                       std::to_string(body.size()) + "\r\n\r\n" + body;
      return;
    }
    client.output += "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n"
                     "Transfer-Encoding: chunked\r\n\r\n";
    client.lines = client.left = number_of(request, "lines=", 1);
    client.pace = std::chrono::milliseconds{number_of(request, "pace=", 0)};
    client.stamped = number_of(request, "stamp=", 0) != 0;
    client.streaming = true;
    if (client.pace.count() > 0)
      due_.push({Clock::now() + client.pace, client.socket});
    else
      refill(client);
  }

  void refill(Client& client) {
    if (!client.streaming)
      return;
    if (client.left >= block_lines) {
      client.output += block_;
      client.left -= block_lines;
      return;
    }
    for (; client.left > 0; --client.left)
      client.output += line_;
    client.output += last_line(client.lines);
    client.streaming = false;
  }

  /// Sends what there is. False if the client is gone.
  bool send(Client& client) {
    for (;;) {
      while (client.sent < client.output.size()) {
        const auto count = ::send(client.socket, client.output.data() + client.sent,
                                  client.output.size() - client.sent, MSG_NOSIGNAL);
        if (count < 0 && errno != EAGAIN)
          return false;
        if (count < 0) {
          if (!std::exchange(client.waits_for_room, true))
            watch(client.socket, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
          return true;
        }
        client.sent += static_cast<std::size_t>(count);
      }
      client.output.clear();
      client.sent = 0;
      if (!client.streaming || client.pace.count() > 0)
        break;
      refill(client);
    }
    if (std::exchange(client.waits_for_room, false))
      watch(client.socket, EPOLLIN, EPOLL_CTL_MOD);
    return true;
  }

  void send_due() {
    const auto now = Clock::now();
    while (!due_.empty() && due_.top().at <= now) {
      const auto due = due_.top();
      due_.pop();
      const auto entry = clients_.find(due.socket);
      if (entry == clients_.end() || !entry->second->streaming)
        continue;
      auto& client = *entry->second;
      client.output +=
          client.stamped ? text_line(" " + std::to_string(stamp_now().count())) : line_;
      if (--client.left == 0) {
        client.output += last_line(client.lines);
        client.streaming = false;
      } else {
        due_.push({due.at + client.pace, due.socket});
      }
      if (!send(client))
        clients_.erase(entry);
    }
  }

  const int listener_;
  const int epoll_;
  const std::string line_ = text_line();
  std::string block_;
  std::unordered_map<int, std::unique_ptr<Client>> clients_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
};

} // namespace

FastServer::FastServer() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (listener < 0 ||
      ::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener, 4096) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error{"the server cannot listen"};
  port_ = ntohs(address.sin_port);
  process_ = ::fork();
  if (process_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    Server{listener}.run();
  }
  ::close(listener);
}

FastServer::~FastServer() {
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

std::string FastServer::base_url() const { return "http://127.0.0.1:" + std::to_string(port_); }

} // namespace nexus::llm::bench
