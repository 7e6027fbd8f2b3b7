#pragma once

#include <algorithm>

#include "actors/internal_interfaces.hpp"
#include "config/model_name.hpp"

namespace nexus::llm {

/// A model among those in memory, or null. Of several names of one model Ollama lists the one that
/// it was loaded by.
[[nodiscard]] inline const RunningModel* find_running(const RunningModels& running,
                                                      const ResolvedModel& model) {
  const auto found = std::ranges::find_if(running.models, [&model](const RunningModel& other) {
    return same_model(other.name, model.name) ||
           (!model.digest.empty() && other.digest == model.digest);
  });
  return found == running.models.end() ? nullptr : &*found;
}

} // namespace nexus::llm
