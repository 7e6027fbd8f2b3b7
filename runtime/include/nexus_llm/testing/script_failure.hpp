#pragma once

#include <exception>
#include <string>
#include <utility>

namespace nexus::llm::testing {

/// What happened was not what a script expects. `what()` is the whole report: where, when, and the
/// expected beside the actual. Thrown to the test, never through an actor.
class ScriptFailure : public std::exception {
public:
  explicit ScriptFailure(std::string report) : report_{std::move(report)} {}
  [[nodiscard]] const char* what() const noexcept override { return report_.c_str(); }

private:
  std::string report_;
};

} // namespace nexus::llm::testing
