#pragma once

#include <caf/system_messages.hpp>

#include <chrono>
#include <string>

#include "nexus_llm/portability.hpp"

namespace nexus::llm::testing {

/// A message that its receiver is about to handle.
struct Event {
  std::chrono::nanoseconds time{}; ///< since the beginning of the script
  std::string sender;
  std::string receiver;
  caf::actor_id receiver_id = 0;
  caf::message content;
  bool is_response = false;
};

/// Whether it is one of CAF's own messages, of its own end or that of another.
[[nodiscard]] inline bool is_end_of_actor(const Event& event) {
  return event.content.size() == 1 && (event.content.match_element<caf::exit_msg>(0) ||
                                       event.content.match_element<caf::down_msg>(0));
}

} // namespace nexus::llm::testing
