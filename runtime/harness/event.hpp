// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <caf/system_messages.hpp>

#include <chrono>
#include <string>

#include "nexus_llm/portability.hpp"

namespace nexus::llm::testing {

/// A message that its receiver is about to process.
struct Event {
  std::chrono::nanoseconds time{}; ///< since the start of the script
  std::string sender;
  std::string receiver;
  caf::actor_id receiver_id = 0;
  caf::message content;
  bool is_response = false;
};

/// Whether the message is an exit or down message of CAF.
[[nodiscard]] inline bool is_end_of_actor(const Event& event) {
  return event.content.size() == 1 && (event.content.match_element<caf::exit_msg>(0) ||
                                       event.content.match_element<caf::down_msg>(0));
}

} // namespace nexus::llm::testing
