// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "runtime/harness/track.hpp"

namespace nexus::llm::testing {

/// A failed expectation of a script.
struct Mismatch {
  Where where;                 ///< the step that failed
  std::string what;            ///< one sentence that describes the failure
  std::chrono::nanoseconds at; ///< virtual time
  const Track* track = nullptr;
  std::vector<std::string> expected; ///< unmet expectations of the step, as text
};

/// Returns the sentence, followed by expected and actual values side by side.
[[nodiscard]] std::string report(const Mismatch& mismatch);

/// Formats a virtual time, e.g. `+1.250 s`.
[[nodiscard]] std::string time_text(std::chrono::nanoseconds time);

} // namespace nexus::llm::testing
