#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace caf {
class actor_system_config;
}

namespace nexus::llm::testing {

/// Over what Ollama is asked.
enum class Over : std::uint8_t {
  memory, ///< no sockets: the default
  http,   ///< libcurl and the simulator, on 127.0.0.1
};

/// How a script is run.
struct ScriptOptions {
  std::string name = "script";
  Over over = Over::memory;
  /// 0: messages in their natural order. Others: each number another order.
  std::uint64_t seed = 0;
  /// Called before the actor system is made: message types of your own actors, for example.
  std::function<void(caf::actor_system_config&)> setup = {};
  /// Gets every message in words, in the order in which they are handled.
  std::function<void(const std::string& line)> trace = {};
};

} // namespace nexus::llm::testing
