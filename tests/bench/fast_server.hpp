// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace nexus::llm::bench {

/// A server that speaks just enough of Ollama's API to answer as fast as a client can read: plain
/// epoll, in a process of its own, so that its work does not count as the client's.
///
/// The prompt says what to answer: `lines=N` pieces of text, `pace=MS` before each of them, and
/// with `stamp=1` each paced piece is a space and the time of its sending (`stamp_now`).
class FastServer {
public:
  FastServer();
  ~FastServer();
  FastServer(const FastServer&) = delete;
  FastServer& operator=(const FastServer&) = delete;

  [[nodiscard]] std::string base_url() const;

  /// The model of every answer.
  static constexpr const char* model = "llama3.1:8b";
  /// The text of every piece.
  static constexpr const char* piece = " piece";

private:
  pid_t process_ = -1;
  std::uint16_t port_ = 0;
};

} // namespace nexus::llm::bench
