#pragma once

#include <algorithm>

#include "actors/supervision/run.hpp"
#include "config/model_name.hpp"

namespace nexus::llm {

/// What the model that a run uses is known by. A copy, since a run may end before an answer.
[[nodiscard]] inline ResolvedModel loaded_as(const Run& run) {
  return {.name = run.model, .digest = run.digest};
}

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
