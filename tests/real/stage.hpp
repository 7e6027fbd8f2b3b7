// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "tests/real/own_server.hpp"
#include "tests/real/plain_client.hpp"

namespace nexus::llm::real {

/// What the checks run against.
struct Stage {
  std::string base_url;
  std::string model;
  PlainClient other;               ///< another client of the same server
  OwnServer* own = nullptr;        ///< where the server is ours to stop and start
  std::filesystem::path directory; ///< for files of the checks

  /// The server, where it is ours; otherwise the check is skipped.
  [[nodiscard]] OwnServer& server() const;
};

/// The model of a stage in memory, as `/api/ps` tells the other client.
struct Loaded {
  bool there = false;
  std::uint64_t context_length = 0;
  std::chrono::seconds stays{};
};
[[nodiscard]] Loaded loaded(const Stage& stage);

} // namespace nexus::llm::real
