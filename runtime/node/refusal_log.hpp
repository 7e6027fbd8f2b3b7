#pragma once

#include "messages/portability_network.hpp"
#include "nexus_llm/log.hpp"

namespace nexus::llm {

/// From now on the log of this process tells why connections were broken off.
inline void log_refusals() {
  set_refusal_listener([](std::string_view line) { log(LogLevel::warning, line); });
}

} // namespace nexus::llm
