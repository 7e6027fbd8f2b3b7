// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nexus_llm/simulator/fault.hpp"
#include "nexus_llm/simulator/simulated_model.hpp"

namespace nexus::llm::cli {

/// Something that a simulated model can be asked to do, by a word.
struct SimulatedBehaviour {
  enum class Kind : std::uint8_t { ability, failure };

  std::string_view word;
  Kind kind;
  std::string_view text; ///< what the model does
};

/// Returns all behaviours.
[[nodiscard]] const std::vector<SimulatedBehaviour>& simulated_behaviours();

/// Returns the words of one kind.
[[nodiscard]] std::vector<std::string> words_of(SimulatedBehaviour::Kind kind);

/// Returns a model that does what the tag of its name says, such as `owl:tools` or
/// `owl:thinking-tools`. A tag with any other word is only a name.
[[nodiscard]] simulator::SimulatedModel simulated_model(const std::string& name);

/// Makes a model do what a word of the kind `ability` says; no effect for any other.
void give_ability(simulator::SimulatedModel& model, std::string_view word);

/// Returns the failures that the tag of a name asks for, for requests to this model.
[[nodiscard]] std::vector<simulator::Fault> faults_of(const std::string& name);

/// Returns the fault of a word of the kind `failure`; `nullopt` for any other. It applies until it
/// is cleared.
[[nodiscard]] std::optional<simulator::Fault> fault_of(std::string_view word);

} // namespace nexus::llm::cli
