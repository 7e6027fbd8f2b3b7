// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <variant>

namespace nexus::llm::simulator {

/// Bytes for the socket, in one write.
struct WriteBytes {
  std::string bytes;
  /// What counts as sent once they are written.
  unsigned lines = 0;
  unsigned tokens = 0;
};

/// The same byte many times, made while it is sent.
struct WriteRepeated {
  char byte = 'x';
  std::uint64_t count = 0;
};

struct Pause {
  std::chrono::milliseconds duration{0};
};

/// Nothing more until the client leaves.
struct Hold {};

/// Runs once everything before it is written.
struct Then {
  std::function<void()> action;
};

enum class Close { fin, rst };

/// One step of an answer. Steps run in order, each after the former is complete.
using Operation = std::variant<WriteBytes, WriteRepeated, Pause, Hold, Then, Close>;

} // namespace nexus::llm::simulator
