#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "nexus_llm/portability.hpp"
#include "nexus_llm/testing/pattern.hpp"
#include "nexus_llm/testing/where.hpp"

namespace nexus::llm::testing {

/// What is done to messages on their way between two actors.
struct Interception {
  enum class Action : std::uint8_t { drop, delay, replace };
  std::string sender;   ///< empty: any
  std::string receiver; ///< empty: any
  Pattern message;      ///< those that it fits
  Action action = Action::drop;
  std::chrono::milliseconds by{}; ///< of `delay`
  caf::message replacement;       ///< of `replace`
  std::uint32_t times = 1;        ///< how many it has to happen to
  std::uint32_t happened = 0;
  Where where;
};

} // namespace nexus::llm::testing
