// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "nexus_llm/portability.hpp"
#include "nexus_llm/testing/pattern.hpp"
#include "nexus_llm/testing/where.hpp"

namespace nexus::llm::testing {

/// A rule that drops, delays or replaces messages between two actors.
struct Interception {
  enum class Action : std::uint8_t { drop, delay, replace };
  std::string sender;   ///< empty: any
  std::string receiver; ///< empty: any
  Pattern message;      ///< matches the messages to intercept
  Action action = Action::drop;
  std::chrono::milliseconds by{}; ///< of `delay`
  caf::message replacement;       ///< of `replace`
  std::uint32_t times = 1;        ///< number of messages to intercept
  std::uint32_t happened = 0;
  Where where;
};

} // namespace nexus::llm::testing
