#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "runtime/harness/track.hpp"

namespace nexus::llm::testing {

/// What a script waited for, and what it got: the text of a failure.
struct Mismatch {
  Where where;                 ///< the step that failed
  std::string what;            ///< one sentence: what is wrong
  std::chrono::nanoseconds at; ///< virtual time
  const Track* track = nullptr;
  std::vector<std::string> expected; ///< what the step still waited for, in words
};

/// The sentence, then expected and actual side by side.
[[nodiscard]] std::string report(const Mismatch& mismatch);

/// A virtual time such as `+1.250 s`.
[[nodiscard]] std::string time_text(std::chrono::nanoseconds time);

} // namespace nexus::llm::testing
