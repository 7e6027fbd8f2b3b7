// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "messages/portability_network.hpp"
#include "nexus_llm/log.hpp"

namespace nexus::llm {

/// Logs the reason whenever this process rejects a connection.
inline void log_refusals() {
  set_refusal_listener([](std::string_view line) { log(LogLevel::warning, line); });
}

} // namespace nexus::llm
