// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "config/model_name.hpp"
#include "nexus_llm/simulator/simulated_model.hpp"

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::llm::simulator {

/// An installed model with what the server knows of it.
struct InstalledModel {
  SimulatedModel config;
  ModelName name;
  std::string digest;
  std::chrono::system_clock::time_point modified_at;

  [[nodiscard]] bool can(std::string_view capability) const;
};

/// The installed models and blobs. Only for the server thread.
class ModelStore {
public:
  using Entry = std::shared_ptr<InstalledModel>;

  /// Installs a model or replaces it. Throws std::invalid_argument if the name is invalid.
  void add(SimulatedModel model);
  void remove(std::string_view name);
  /// Returns nullptr if the model is not installed.
  [[nodiscard]] Entry find(std::string_view name) const;
  /// Returns all models, the newest first.
  [[nodiscard]] const std::vector<Entry>& list() const { return models_; }

  [[nodiscard]] bool has_blob(const std::string& digest) const { return blobs_.contains(digest); }
  void add_blob(const std::string& digest) { blobs_.insert(digest); }

private:
  std::vector<Entry> models_;
  std::set<std::string> blobs_;
};

} // namespace nexus::llm::simulator
