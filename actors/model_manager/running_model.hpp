// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>

#include "actors/internal_interfaces.hpp"
#include "config/model_name.hpp"

namespace nexus::llm {

/// Finds a model among those in memory; null if it is not loaded. If a model has several names,
/// Ollama lists only the one by which it was loaded.
[[nodiscard]] inline const RunningModel* find_running(const RunningModels& running,
                                                      const ResolvedModel& model) {
  const auto found = std::ranges::find_if(running.models, [&model](const RunningModel& other) {
    return same_model(other.name, model.name) ||
           (!model.digest.empty() && other.digest == model.digest);
  });
  return found == running.models.end() ? nullptr : &*found;
}

} // namespace nexus::llm
