// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <exception>
#include <string>
#include <utility>

namespace nexus::llm::testing {

/// Thrown if a script observes something unexpected. `what()` is the whole report: place, time, and
/// the expected and the actual values side by side. Thrown to the test, never through an actor.
class ScriptFailure : public std::exception {
public:
  explicit ScriptFailure(std::string report) : report_{std::move(report)} {}
  [[nodiscard]] const char* what() const noexcept override { return report_.c_str(); }

private:
  std::string report_;
};

} // namespace nexus::llm::testing
