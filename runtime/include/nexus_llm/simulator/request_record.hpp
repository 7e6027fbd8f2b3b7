// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "nexus_llm/simulator/fault.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nexus::llm::simulator {

/// A request that the simulator has received, and its outcome. A snapshot.
struct RequestRecord {
  using TimePoint = std::chrono::steady_clock::time_point;

  std::uint64_t id = 0;         ///< counts from 1 in order of arrival
  std::uint64_t connection = 0; ///< counts from 1 in order of accept
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;
  /// Truncated to SimulatorOptions::max_recorded_body bytes.
  std::string body;
  /// The `model` (or `name`) of the body, as written by the client.
  std::string model;
  TimePoint received{};
  std::optional<TimePoint> slot_taken_at; ///< inference started
  std::optional<TimePoint> first_byte_at; ///< first byte handed to the socket
  std::optional<TimePoint> finished_at;   ///< response complete or aborted
  /// The response was sent completely.
  bool answered = false;
  /// The client disconnected before that.
  bool client_left = false;
  std::optional<TimePoint> client_left_at;
  /// HTTP status sent; 0 while nothing was sent.
  int status = 0;
  std::uint64_t lines_sent = 0;
  std::uint64_t bytes_sent = 0;
  /// The fault that was applied.
  std::optional<Fault::Kind> fault;
};

} // namespace nexus::llm::simulator
