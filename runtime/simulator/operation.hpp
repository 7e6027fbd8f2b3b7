// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>

namespace nexus::llm::simulator {

/// Writes bytes in one call.
struct WriteBytes {
  std::string bytes;
  /// Lines that count as sent afterwards.
  unsigned lines = 0;
};

/// Writes the same byte many times without holding all of them in memory.
struct WriteRepeated {
  char byte = 'x';
  std::uint64_t count = 0;
};

struct Pause {
  /// Unset: until the client leaves.
  std::optional<std::chrono::milliseconds> duration;
};

/// Calls a function.
struct Then {
  std::function<void()> action;
};

enum class Close { fin, rst };

/// One step of a response. Each step begins after the previous one is complete.
using Operation = std::variant<WriteBytes, WriteRepeated, Pause, Then, Close>;

} // namespace nexus::llm::simulator
