#pragma once

#include <chrono>
#include <string>

#include "messages/portability.hpp"

namespace nexus::llm::testing {

/// A message that reached its receiver.
struct Event {
  std::chrono::nanoseconds time{}; ///< since the beginning of the script
  std::string sender;
  std::string receiver;
  caf::message content;
  bool is_response = false;
};

} // namespace nexus::llm::testing
