// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "nexus_llm/simulator/fault.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace nexus::llm::simulator {

/// A request that the simulator has received, and its outcome. A snapshot.
struct RequestRecord {
  using TimePoint = std::chrono::steady_clock::time_point;

  std::uint64_t id = 0; ///< counts from 1 in order of arrival
  std::string method;
  std::string target;
  std::string body;
  /// The `model` (or `name`) of the body, as written by the client.
  std::string model;
  /// The response was sent completely.
  bool answered = false;
  /// The client disconnected before that.
  bool client_left = false;
  std::optional<TimePoint> client_left_at;
  /// The fault that was applied.
  std::optional<Fault::Kind> fault;
};

} // namespace nexus::llm::simulator
