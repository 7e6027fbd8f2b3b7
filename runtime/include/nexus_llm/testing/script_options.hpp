// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace caf {
class actor_system_config;
}

namespace nexus::llm::testing {

/// How the system connects to Ollama.
enum class Over : std::uint8_t {
  memory, ///< in memory, without sockets (default)
  http,   ///< libcurl and the simulator, on 127.0.0.1
};

/// Options for running a script.
struct ScriptOptions {
  std::string name = "script";
  Over over = Over::memory;
  /// 0: natural order of messages. Any other value selects a different order.
  std::uint64_t seed = 0;
  /// Called before the actor system is constructed, e.g., to register message types of the test.
  std::function<void(caf::actor_system_config&)> setup = {};
  /// Called with the text of each message, in the order in which actors process them.
  std::function<void(const std::string& line)> trace = {};
};

} // namespace nexus::llm::testing
